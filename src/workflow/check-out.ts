/** Stage 1: base and head laid out as files, taken away again when the check ends, however it ends. */
import type { Checkout } from "./ports.ts";
import type { StageLog } from "./stages.ts";
import type { CheckRequest, World } from "./world.ts";

export interface Trees {
  readonly base: Checkout;
  readonly head: Checkout;
}

export async function checkOut(
  { base, head }: CheckRequest,
  { git }: World,
  stages: StageLog,
  signal: AbortSignal,
): Promise<Trees & AsyncDisposable> {
  const held = new AsyncDisposableStack();
  try {
    return await stages.require("checkout", async () => ({
      base: held.use(await git.checkout(base, signal)),
      head: held.use(await git.checkout(head, signal)),
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    }));
  } catch (error) {
    await held.disposeAsync();
    throw error;
  }
}
