/**
 * The memory of a process and everything below it, as /proc has it
 * (https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html). A process that ends meanwhile counts as nothing.
 *
 * Read at once, since what is in /proc is made when it is read and never waited for: asked for ten times a second of each
 * evaluator, a promise for each step of it takes more of a processor than all that evaluators say.
 */
import { readFileSync } from "node:fs";

/** statm counts pages; 4 KiB on every machine that Nix has binaries for but some arm64 ones, which then look smaller. */
const PAGE_BYTES = 4096;

/** Resident bytes. */
export function residentBytes(pid: number): number {
  const own = Number(textOf(`/proc/${pid}/statm`).split(" ")[1] ?? 0) * PAGE_BYTES;
  const below = textOf(`/proc/${pid}/task/${pid}/children`)
    .split(" ")
    .map((child) => (child === "" ? 0 : residentBytes(Number(child))));
  return below.reduce((sum, bytes) => sum + bytes, own);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
