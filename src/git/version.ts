/** The version of git, as git says it. */
import { run } from "../process.ts";

/** `git version 2.39.5`. @throws EnvironmentError program-missing; Interrupted */
export async function gitVersionLine(signal: AbortSignal): Promise<string> {
  const { stdout } = await run("git", ["--version"], { signal, timeoutMs: 20_000 });
  return stdout.split("\n")[0] ?? "";
}
