/** Files withheld in one run of the evaluator (`withhold-files.ts`), from its start to its end. */
import { dirname } from "node:path";
import type { Evaluator, WalkerCall } from "../evaluator.ts";
import { withholdFiles } from "./withhold-files.ts";

export interface WithheldInRun extends AsyncDisposable {
  /** Instead of what is so otherwise. */
  readonly evaluator: Partial<Pick<Evaluator, "checkout" | "gate">>;
  readonly call: Partial<Pick<WalkerCall, "withheld">>;
  /** The evaluator waits. */
  onReady(): void;
  /** Nobody waits any more. */
  onEnd(): void;
  /** @throws what went wrong once the evaluator waited */
  shut(): Promise<void>;
}

const NOTHING: WithheldInRun = {
  evaluator: {},
  call: {},
  onReady: () => undefined,
  onEnd: () => undefined,
  shut: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

/** @param abort ends the run, which would wait for ever */
export async function withholdInRun(
  files: readonly string[] | undefined,
  nonce: string,
  { storeRoot, checkout }: Pick<Evaluator, "storeRoot" | "checkout">,
  abort: () => void,
  signal: AbortSignal,
): Promise<WithheldInRun> {
  if (files === undefined || files.length === 0) return NOTHING;
  const withheld = await withholdFiles(files, nonce, dirname(storeRoot), signal);
  const over = new AbortController();
  let shut: Promise<void> | undefined;
  return {
    evaluator: { checkout: [...checkout, ...withheld.mounts], gate: withheld.gate },
    call: { withheld: withheld.imported },
    onReady() {
      shut = withheld.shut(over.signal);
      shut.catch(abort);
    },
    onEnd: () => over.abort(),
    shut: async () => shut,
    [Symbol.asyncDispose]: () => withheld[Symbol.asyncDispose](),
  };
}
