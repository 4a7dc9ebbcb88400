/** What processes a process has started, over all generations, and whether they are still there after its death. */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessTrace {
  readonly pid: number;
  /** Clock ticks since boot: process numbers are used again. */
  readonly started: string;
  readonly command: string;
}

/** Without `pid` itself. Stop it before, so that nothing is started while we look. */
export function descendants(pid: number): readonly ProcessTrace[] {
  const all = allProcesses();
  const found = new Map<number, ProcessTrace>();
  const parents = [pid];
  for (let parent = parents.pop(); parent !== undefined; parent = parents.pop()) {
    for (const [child, process] of all) {
      if (process.parent !== parent || found.has(child)) continue;
      found.set(child, process);
      parents.push(child);
    }
  }
  return [...found.values()];
}

export function stillThere(traces: readonly ProcessTrace[]): readonly ProcessTrace[] {
  const all = allProcesses();
  return traces.filter(({ pid, started }) => all.get(pid)?.started === started);
}

/** Those that have ended and wait for their parent are none. */
function allProcesses(): ReadonlyMap<number, ProcessTrace & { readonly parent: number }> {
  const found = new Map<number, ProcessTrace & { readonly parent: number }>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const pid = Number(entry);
    const stat = read(`/proc/${pid}/stat`);
    // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name, field 2, may hold anything.
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (parent === undefined || state === "Z" || state === "X") continue;
    const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").slice(0, 300);
    found.set(pid, { pid, parent: Number(parent), started: rest[17] ?? "", command });
  }
  return found;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
