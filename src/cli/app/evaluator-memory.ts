/**
 * How much memory the evaluators use that run below a process: a tree that needs more than there is makes the machine
 * slow before it makes anything fail. Read from /proc, as ps(1) does.
 * https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
import { readdir, readFile } from "node:fs/promises";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly bytes: number;
}

const EVALUATOR = /^nix-(?:instantiate|eval-jobs)/;

export async function evaluatorBytes(root: number): Promise<number> {
  const processes = await readProcesses();
  const children = Map.groupBy(processes, ({ parent }) => parent);
  let bytes = 0;
  // Each process once, also should a number be used anew while we look.
  const seen = new Set<number>();
  for (const below = [root]; below.length > 0; ) {
    const pid = below.pop() ?? 0;
    if (seen.has(pid)) continue;
    seen.add(pid);
    for (const child of children.get(pid) ?? []) {
      below.push(child.pid);
      if (EVALUATOR.test(child.name)) bytes += child.bytes;
    }
  }
  return bytes;
}

async function readProcesses(): Promise<readonly Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = await Promise.all(
    pids.map(async (pid) => {
      // Gone since.
      const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(text)?.[1];
      return {
        pid: Number(pid),
        parent: Number(field("PPid") ?? 0),
        name: field("Name") ?? "",
        bytes: Number(field("VmRSS") ?? 0) * 1024,
      };
    }),
  );
  return read.filter(({ name }) => name !== "");
}
