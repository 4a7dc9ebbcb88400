/**
 * The process of one check: git, Nix, virtual machines, and all computing with what they say. Started by
 * `open-workplace.ts`, which keeps store, queue and GitHub; it has no secret but the token of a fetch while that lasts.
 *
 * It ends when its server does, however that ended: nobody would hear the result, and the check is begun again elsewhere.
 */
import { type Calls, startCalls } from "../../calls.ts";
import { InternalError } from "../../errors.ts";
import { createRemoteGit } from "../../git/remote.ts";
import { createNix } from "../../nix/adapter.ts";
import { toParent } from "../../own-process.ts";
import { makeRunDirectory, type RunDirectory } from "../../run-directory.ts";
import { createLogDirectory, logsBelow } from "../../store/check-logs.ts";
import { createVm } from "../../vm/adapter.ts";
import type { CheckListener, Workplace } from "../../workflow/app/app-world.ts";
import { createWorkplace } from "../../workflow/app/workplace.ts";
import type { CheckCalls, CheckPlace, ServerCalls } from "./check-calls.ts";

/** For what is interrupted to end and to tidy up; programs get 4 s of it (`process.ts`). */
const LAST_MS = 8_000;

let directory: RunDirectory | undefined;
let opened: Workplace | undefined;

const ours: CheckCalls = {
  async open(place, signal) {
    directory = await makeRunDirectory(place.temporaryDirectory);
    opened = await open(place, directory, signal);
  },
  readFile: ({ commit, path }, signal) => workplace().git.readFile(commit, path, signal),
  changedFiles: ({ base, head }, signal) => workplace().git.changedFiles(base, head, signal),
  check: (request, signal) => workplace().check(request, listener, signal),
  close: tidyUp,
};
const server: Calls<ServerCalls> = startCalls(toParent, { ...ours });

const listener: CheckListener = {
  onStage: (stage, status, detail) => server.tell("heard", { kind: "stage", stage, status, detail }),
  onResult: (soFar) => server.tell("heard", { kind: "result", soFar }),
  onExplained: (attr, lines) => server.tell("heard", { kind: "explained", attr, lines }),
  memory: {
    save: (stage, value) => server.call("save", { stage, value }),
    load: (stage) => server.call("load", stage),
  },
};

// Said to a whole group or service at once, these are for the server, which lets a check finish or tells us to stop.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.once("disconnect", () => setTimeout(() => process.exit(1), LAST_MS));
void server.closed.then(tidyUp).finally(() => process.exit());

async function open(
  { checkId, repositoryId, dataDirectory, cores, buildSystem }: CheckPlace,
  { path }: RunDirectory,
  signal: AbortSignal,
): Promise<Workplace> {
  const logs = createLogDirectory(logsBelow(dataDirectory)).of(checkId);
  const places = { dataDirectory, temporaryDirectory: path, logs };
  const credential = (abort: AbortSignal) => server.call("credential", null, abort);
  const git = await createRemoteGit({ ...places, repositoryId, credential, signal });
  const [nix, vm] = [createNix(places), createVm(places)];
  return createWorkplace({ git, nix, vm, clock: () => performance.now(), cores, buildSystem });
}

function workplace(): Workplace {
  if (opened === undefined) throw new InternalError("a check's process was used before it was opened");
  return opened;
}

async function tidyUp(): Promise<void> {
  await directory?.[Symbol.asyncDispose]();
}
