/** A server as far as it has a check: opens a workplace, runs a check in it and tells of its stages. To be killed. */
import { openWorkplace } from "../../src/cli/app/open-workplace.ts";
import { parseConfig } from "../../src/config/config.ts";

export interface Held {
  readonly url: string;
  readonly token: string;
  readonly base: string;
  readonly head: string;
  readonly dataDirectory: string;
  readonly temporaryDirectory: string;
  readonly system: string;
}

export function openHeld(held: Held, signal: AbortSignal, log = { warn() {} }) {
  const { url, token, dataDirectory, temporaryDirectory } = held;
  return openWorkplace(
    {
      owner: "owner",
      name: "name",
      checkId: "00000000-0000-4000-8000-000000000000",
      repositoryId: 7,
      credential: async () => ({ url, token }),
    },
    {
      place: { dataDirectory, temporaryDirectory, cores: 2, buildSystem: held.system },
      heapMegabytes: 1024,
      log,
    },
    signal,
  );
}

/** The salt makes every derivation new, so that there is something to build and to boot. */
export function requestOf({ base, head, system, dataDirectory }: Held) {
  const text = JSON.stringify({ kernels: ["linux"], nixpkgsConfig: { salt: dataDirectory } });
  return {
    base,
    head,
    config: parseConfig(text, "test").config,
    systems: [system],
    scope: "everything" as const,
  };
}

if (process.argv[1] === import.meta.filename) {
  const held = JSON.parse(process.argv[2] ?? "{}") as Held;
  const signal = new AbortController().signal;
  const place = await openHeld(held, signal);
  const onStage = (stage: string, status: string) => process.stderr.write(`${stage}: ${status}\n`);
  await place.check(requestOf(held), { onStage }, signal);
}
