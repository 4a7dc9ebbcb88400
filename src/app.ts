/**
 * The Probot application: webhooks in, hints out (`workflow/pull-request-events.ts`). It decides nothing and asks
 * GitHub nothing; what a hint is worth is found out by whoever gets it.
 *
 * Deliveries without an installation come from hooks set up by hand; nothing could be done about them.
 */
import type { Probot } from "probot";
import type {
  InstallationChange,
  PullRequestEvents,
  RepositoryHint,
} from "./workflow/pull-request-events.ts";
import { BUTTONS } from "./workflow/pull-request-events.ts";

export interface AppOptions {
  readonly requests: PullRequestEvents;
}

/** For `probot.load`. */
export function modprobotApp({ requests }: AppOptions): (app: Probot) => void {
  return (app) => {
    app.on(
      [
        "pull_request.opened",
        "pull_request.synchronize",
        "pull_request.reopened",
        "pull_request.ready_for_review",
      ],
      async ({ payload }) => {
        const repository = repositoryOf(payload);
        if (repository !== undefined)
          await requests.lookAt({ ...repository, number: payload.pull_request.number });
      },
    );

    app.on("pull_request.edited", async ({ payload }) => {
      const repository = repositoryOf(payload);
      // A new title changes nothing; a new base branch changes what is compared.
      if (repository === undefined || payload.changes.base === undefined) return;
      await requests.lookAt({ ...repository, number: payload.pull_request.number });
    });

    app.on(["pull_request.closed", "pull_request.converted_to_draft"], async ({ payload }) => {
      const repository = repositoryOf(payload);
      if (repository === undefined) return;
      const why = payload.action === "closed" ? "closed" : "draft";
      await requests.closed({ ...repository, number: payload.pull_request.number }, why);
    });

    app.on("issue_comment.created", async ({ payload }) => {
      const repository = repositoryOf(payload);
      const { issue, comment } = payload;
      // Issues have comments too, and what was written by an account that is deleted has no author.
      if (repository === undefined || issue.pull_request == null || comment.user === null) return;
      await requests.commented({
        ...repository,
        number: issue.number,
        commentId: comment.id,
        body: comment.body,
        login: comment.user.login,
        isBot: comment.user.type === "Bot",
        createdAt: new Date(comment.created_at),
      });
    });

    app.on(["check_run.rerequested", "check_run.requested_action"], async ({ payload }) => {
      const repository = repositoryOf(payload);
      const identifier =
        payload.action === "requested_action" ? payload.requested_action?.identifier : "rerun";
      const button = BUTTONS.find((known) => known === identifier);
      if (repository === undefined || button === undefined) return;
      const { check_run, sender } = payload;
      await requests.buttonPressed({
        ...repository,
        button,
        login: sender.login,
        headSha: check_run.head_sha,
        externalId: check_run.external_id || null,
        numbers: check_run.pull_requests.flatMap((pull) => pull?.number ?? []),
      });
    });

    app.on("check_suite.rerequested", async ({ payload }) => {
      const repository = repositoryOf(payload);
      if (repository === undefined) return;
      const { check_suite, sender } = payload;
      await requests.buttonPressed({
        ...repository,
        button: "rerun",
        login: sender.login,
        headSha: check_suite.head_sha,
        externalId: null,
        numbers: check_suite.pull_requests.flatMap((pull) => pull?.number ?? []),
      });
    });

    app.on(
      [
        "installation.created",
        "installation.deleted",
        "installation.suspend",
        "installation.unsuspend",
        "installation.new_permissions_accepted",
      ],
      async ({ payload }) => {
        await requests.installationChanged({
          installationId: payload.installation.id,
          change: INSTALLATION_CHANGES[payload.action],
          repositories: [],
        });
      },
    );

    app.on(["installation_repositories.added", "installation_repositories.removed"], async ({ payload }) => {
      const added = payload.action === "added";
      const listed = added ? payload.repositories_added : payload.repositories_removed;
      await requests.installationChanged({
        installationId: payload.installation.id,
        change: added ? "repositories-added" : "repositories-removed",
        repositories: listed.flatMap(({ id, full_name }) => {
          const [owner, name] = full_name?.split("/") ?? [];
          return id === undefined || owner === undefined || name === undefined ? [] : [{ id, owner, name }];
        }),
      });
    });
  };
}

const INSTALLATION_CHANGES = {
  created: "installed",
  deleted: "removed",
  suspend: "suspended",
  unsuspend: "unsuspended",
  new_permissions_accepted: "permissions-accepted",
} as const satisfies Record<string, InstallationChange>;

interface FromRepository {
  readonly repository: {
    readonly id: number;
    readonly name: string;
    readonly owner: { readonly login?: string } | null;
  };
  readonly installation?: { readonly id: number } | undefined;
}

function repositoryOf({ repository, installation }: FromRepository): RepositoryHint | undefined {
  const owner = repository.owner?.login;
  if (installation === undefined || owner === undefined) return undefined;
  return { installationId: installation.id, repositoryId: repository.id, owner, name: repository.name };
}
