/** The vocabulary about check runs: what the App shows on a commit, and the buttons people press. */
import type { Login, Owner } from "./cast.ts";
import { isObject, type Json } from "./shapes.ts";
import { ADMIN, must, type Stage } from "./stage.ts";
import { type Wait, waitFor } from "./waits.ts";
import { type Annotation, type CheckRunExtras, fullName, type Pull, repositoryById } from "./world.ts";

export interface CheckRun {
  readonly id: number;
  readonly name: string;
  readonly headSha: string;
  readonly externalId: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly detailsUrl: string | null;
  readonly title: string;
  readonly summary: string;
  readonly text: string;
  readonly annotations: readonly Annotation[];
  /** Identifiers of its buttons. */
  readonly actions: readonly string[];
}

export interface CheckStory {
  /** Of a commit, oldest first. */
  checkRuns(sha: string): Promise<readonly CheckRun[]>;
  /** The newest run of the pull request's head that is completed. */
  completedCheckRun(pull: Pull, wait?: Wait): Promise<CheckRun>;
  checkRunThat(pull: Pull, what: string, fits: (run: CheckRun) => boolean, wait?: Wait): Promise<CheckRun>;
  /** @throws where the newest run of the head has no such button, or is not completed: GitHub shows none then */
  pressButton(pull: Pull, identifier: string, login?: Login): Promise<void>;
  /** "Re-run" beside a run. */
  rerunCheck(run: CheckRun, login?: Login): Promise<void>;
  /** "Re-run all checks". */
  rerunAll(pull: Pull, login?: Login): Promise<void>;
  openCheckRuns(): Promise<readonly string[]>;
}

export function checkStory(stage: Stage): CheckStory {
  const { world, events } = stage;

  const read = async (extras: CheckRunExtras): Promise<CheckRun> => {
    const repository = repositoryById(world, extras.repositoryId);
    return toCheckRun(
      await must(stage, ADMIN, "GET", `/repos/${fullName(repository)}/check-runs/${extras.id}`),
      extras,
    );
  };
  const checkRuns = (sha: string) =>
    Promise.all([...world.checkRuns.values()].filter(({ headSha }) => headSha === sha).map(read));
  const extrasOf = (id: number): CheckRunExtras => {
    const extras = world.checkRuns.get(id);
    if (extras === undefined) throw new Error(`there is no check run ${id}`);
    return extras;
  };
  const newest = async (pull: Pull): Promise<CheckRun> => {
    const run = (await checkRuns(pull.headSha)).at(-1);
    if (run === undefined) throw new Error(`the head of pull request ${pull.number} has no check run`);
    return run;
  };
  const checkRunThat: CheckStory["checkRunThat"] = (pull, what, fits, wait = "answer") =>
    waitFor(
      `a check run of pull request ${pull.number} that ${what}`,
      wait,
      async () => (await checkRuns(pull.headSha)).findLast(fits),
      async () => JSON.stringify(await checkRuns(pull.headSha), null, 1),
    );

  return {
    checkRuns,
    checkRunThat,
    completedCheckRun: (pull, wait = "report") =>
      checkRunThat(pull, "is completed", ({ status }) => status === "completed", wait),
    async pressButton(pull, identifier, login = "wim-write") {
      const run = await newest(pull);
      if (run.status !== "completed" || !run.actions.includes(identifier))
        throw new Error(`no button ${identifier}: the run is ${run.status} with ${run.actions.join(", ")}`);
      await events.checkRun(extrasOf(run.id), "requested_action", login, {
        requested_action: { identifier },
      });
    },
    async rerunCheck(run, login = "wim-write") {
      await events.checkRun(extrasOf(run.id), "rerequested", login);
    },
    async rerunAll(pull, login = "wim-write") {
      const { suiteId } = extrasOf((await newest(pull)).id);
      await events.checkSuite(suiteId, repositoryById(world, pull.repositoryId), "rerequested", login);
    },
    async openCheckRuns() {
      // Where the App is not installed any more, nobody can end what it has begun.
      const ours = [...world.checkRuns.values()].filter(({ repositoryId }) => {
        const repository = world.repositories.get(repositoryId);
        return repository !== undefined && world.installations.has(repository.owner as Owner);
      });
      const runs = await Promise.all(ours.map(read));
      return runs
        .filter(({ status }) => status !== "completed")
        .map(({ headSha, status, title }) => `open check run on ${headSha}: ${status}, ${title}`);
    },
  };
}

function toCheckRun(run: Json, extras: CheckRunExtras): CheckRun {
  const output = isObject(run["output"]) ? run["output"] : {};
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    id: extras.id,
    name: text(run["name"]),
    headSha: extras.headSha,
    externalId: text(run["external_id"]),
    status: text(run["status"]),
    conclusion: typeof run["conclusion"] === "string" ? run["conclusion"] : null,
    detailsUrl: typeof run["details_url"] === "string" ? run["details_url"] : null,
    title: text(output["title"]),
    summary: text(output["summary"]),
    text: text(output["text"]),
    annotations: extras.annotations,
    actions: extras.actions.map(({ identifier }) => identifier),
  };
}
