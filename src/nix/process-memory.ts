/**
 * The memory of a process and everything below it, as /proc has it
 * (https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html). A process that ends meanwhile counts as nothing.
 */
import { readFile } from "node:fs/promises";

/** statm counts pages; 4 KiB on every machine that Nix has binaries for but some arm64 ones, which then look smaller. */
const PAGE_BYTES = 4096;

/** Resident bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const [statm, children] = await Promise.all([
    readFile(`/proc/${pid}/statm`, "latin1").catch(() => ""),
    readFile(`/proc/${pid}/task/${pid}/children`, "latin1").catch(() => ""),
  ]);
  const own = Number(statm.split(" ")[1] ?? 0) * PAGE_BYTES;
  const below = children.split(" ").flatMap((child) => (child === "" ? [] : [residentBytes(Number(child))]));
  return (await Promise.all(below)).reduce((sum, bytes) => sum + bytes, own);
}
