/** A directory for files of a bench, gone when it ends, also where it is interrupted. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function withScratch<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "modprobot-bench-"));
  // What was started ends when we do, and may write until it has.
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  const onStop = () => process.exit(130);
  process.once("exit", remove);
  // `timeout` sends its signal twice; the second must not end us while we tidy up.
  process.on("SIGINT", onStop).on("SIGTERM", onStop);
  try {
    return await work(directory);
  } finally {
    process.off("exit", remove).off("SIGINT", onStop).off("SIGTERM", onStop);
    remove();
  }
}
