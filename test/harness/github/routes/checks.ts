/**
 * Check runs in full: annotations are added up over updates, actions are kept, and a run belongs to a suite per
 * commit. The emulator keeps the rest.
 */
import { answer, type Call, forward, notFound, page, type Routes, refuse, repositoryOf } from "../call.ts";
import { appObject, isObject, type Json, pullsOfCommit } from "../shapes.ts";
import type { Annotation, CheckRunExtras } from "../world.ts";

export const checkRoutes: Routes = {
  "checks/create": create,
  "checks/update": update,
  "checks/get": async (call) => (extrasOf(call) === undefined ? notFound() : forward(call)),
  "checks/list-for-ref": listForRef,
  "checks/list-for-suite": async (call) =>
    list(call, (run) => String(run.suiteId) === call.params["check_suite_id"]),
  "checks/list-suites-for-ref": async (call) => {
    const suites = new Set(
      runsOf(call)
        .filter((run) => run.headSha === call.params["ref"])
        .map((run) => run.suiteId),
    );
    const found = await Promise.all([...suites].map((id) => suiteObject(call, id)));
    return answer(200, { total_count: found.length, check_suites: found });
  },
  "checks/list-annotations": async (call) => {
    const extras = extrasOf(call);
    if (extras === undefined) return notFound();
    const { items, headers } = page(
      call,
      extras.annotations.map((one) => annotationObject(call, one)),
    );
    return answer(200, items, headers);
  },
};

async function create(call: Call) {
  const repository = repositoryOf(call);
  const headSha = String(call.body["head_sha"]);
  if (!(await call.git.hasCommit(repository.id, headSha)))
    return refuse(422, `No commit found for SHA: ${headSha}`);
  const made = await forward(call);
  if (made.status !== 201 || !isObject(made.body)) return made;
  const id = Number(made.body["id"]);
  const suite = isObject(made.body["check_suite"]) ? Number(made.body["check_suite"]["id"]) : 0;
  call.world.checkRuns.set(id, {
    id,
    repositoryId: repository.id,
    headSha,
    suiteId: 500_000 + suite,
    annotations: annotationsOf(call.body),
    actions: actionsOf(call.body),
  });
  return made;
}

async function update(call: Call) {
  const extras = extrasOf(call);
  if (extras === undefined) return notFound();
  // A conclusion alone completes a run (https://docs.github.com/rest/checks/runs#update-a-check-run).
  const completes = "conclusion" in call.body && !("status" in call.body);
  const done = await forward(call, completes ? { ...call.body, status: "completed" } : call.body);
  if (done.status !== 200) return done;
  extras.annotations.push(...annotationsOf(call.body));
  if ("actions" in call.body) extras.actions = actionsOf(call.body);
  return done;
}

/** Newest first; `filter=latest`, the default, gives one run per name. */
async function listForRef(call: Call) {
  const ref = call.params["ref"] ?? "";
  const branches = await call.git.branches(repositoryOf(call).id);
  const sha = branches.get(ref.replace(/^heads\//, "")) ?? ref;
  return list(call, (run) => run.headSha === sha);
}

async function list(call: Call, belongs: (run: CheckRunExtras) => boolean) {
  const { owner, name } = repositoryOf(call);
  const ids = runsOf(call)
    .filter(belongs)
    .map((run) => run.id)
    .sort((a, b) => b - a);
  const bodies = await Promise.all(
    ids.map(async (id) => (await call.ask("GET", `/repos/${owner}/${name}/check-runs/${id}`)).body),
  );
  const wanted = bodies.filter(isObject).filter((run) => fits(call, run));
  const latest = new Map([...wanted].reverse().map((run) => [run["name"], run]));
  const runs = call.query.get("filter") === "all" ? wanted : [...latest.values()].reverse();
  const { items, headers } = page(call, runs);
  return answer(200, { total_count: runs.length, check_runs: items }, headers);
}

function fits({ query, world }: Call, run: Json): boolean {
  const equals = (parameter: string, value: unknown) =>
    !query.has(parameter) || query.get(parameter) === String(value);
  return (
    equals("check_name", run["name"]) &&
    equals("status", run["status"]) &&
    equals("app_id", appObject(world)["id"])
  );
}

export async function suiteObject(call: Pick<Call, "world" | "ask">, suiteId: number): Promise<Json> {
  const run = [...call.world.checkRuns.values()].find((one) => one.suiteId === suiteId);
  const repository = call.world.repositories.get(run?.repositoryId ?? 0);
  if (run === undefined || repository === undefined) throw new Error(`no check suite ${suiteId}`);
  const url = `${call.world.url}/repos/${repository.owner}/${repository.name}/check-suites/${suiteId}`;
  const pulls = pullsOfCommit(call.world, repository.id, run.headSha);
  const head = isObject(pulls[0]?.["head"]) ? pulls[0]["head"]["ref"] : null;
  return {
    id: suiteId,
    node_id: `CS_${suiteId}`,
    head_branch: head,
    head_sha: run.headSha,
    status: "queued",
    conclusion: null,
    url,
    before: "0".repeat(40),
    after: run.headSha,
    pull_requests: pulls,
    app: appObject(call.world),
    repository: (await call.ask("GET", `/repos/${repository.owner}/${repository.name}`)).body,
    created_at: call.world.startedAt,
    updated_at: call.world.startedAt,
    rerequestable: true,
    runs_rerequestable: true,
    latest_check_runs_count: 1,
    check_runs_url: `${url}/check-runs`,
    head_commit: {
      id: run.headSha,
      tree_id: run.headSha,
      message: "",
      timestamp: call.world.startedAt,
      author: { name: "A", email: "a@example.org" },
      committer: { name: "A", email: "a@example.org" },
    },
  };
}

function runsOf(call: Call): CheckRunExtras[] {
  const { id } = repositoryOf(call);
  return [...call.world.checkRuns.values()].filter((run) => run.repositoryId === id);
}

function extrasOf(call: Call): CheckRunExtras | undefined {
  return runsOf(call).find((run) => String(run.id) === call.params["check_run_id"]);
}

function annotationsOf(body: Json): Annotation[] {
  const output = body["output"];
  const annotations = isObject(output) ? output["annotations"] : undefined;
  return Array.isArray(annotations) ? (annotations as Annotation[]) : [];
}

function actionsOf(body: Json): CheckRunExtras["actions"] {
  return Array.isArray(body["actions"]) ? (body["actions"] as CheckRunExtras["actions"]) : [];
}

function annotationObject(call: Call, annotation: Annotation): Json {
  return {
    start_column: null,
    end_column: null,
    title: null,
    raw_details: null,
    blob_href: `${call.world.url}/blob/${annotation.path}`,
    ...annotation,
  };
}
