/** Processes below one of ours, read from `/proc`: what a check has started, and whether it is gone. */
import { readdirSync, readFileSync } from "node:fs";

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks since boot: a number that is given again is told from the one before by it. */
  readonly startedAt: string;
  readonly command: string;
}

/** Children, their children and so on; those that ended and were not waited for yet are left out. */
export function descendants(pid: number): readonly Process[] {
  const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? readProcess(name) : []));
  const found: Process[] = [];
  for (let parents = [pid]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

export function isAlive({ pid, startedAt }: Process): boolean {
  return readProcess(String(pid)).some((now) => now.startedAt === startedAt);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the name in brackets may hold anything. */
function readProcess(pid: string): Process[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return [];
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return [{ pid: Number(pid), parent: Number(parent), startedAt: rest[17] ?? "", command }];
  } catch {
    // It ended while we looked.
    return [];
  }
}
