/**
 * Names that say whose something is, for directories that outlive a killed process.
 *
 * Boot, process and the time it started, since process numbers are used again. Processes of another boot or of another
 * container look the same as dead ones, so what they made is nobody's to judge here.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
import { readFile, readlink } from "node:fs/promises";

/**
 * - `alive`: its process runs
 * - `abandoned`: its process ran here, and has ended
 * - `elsewhere`: of another boot or container, or the system does not tell (no /proc)
 * - `foreign`: no such name
 */
export type Owner = "alive" | "abandoned" | "elsewhere" | "foreign";

/** `<prefix><place>-<pid>-<started>-`, for `mkdtemp` or a suffix of one's own. */
export async function ownName(prefix: string): Promise<string> {
  const { place, started } = await identify(process.pid);
  return `${prefix}${place}-${process.pid}-${started}-`;
}

/** Whose a name is that `ownName` began; what follows it is letters, digits and underscores. */
export async function ownerOf(prefix: string, name: string): Promise<Owner> {
  const [, place, pid, started] = name.startsWith(prefix)
    ? (/^([0-9a-f]+)-(\d+)-(\d+)-\w+$/.exec(name.slice(prefix.length)) ?? [])
    : [];
  if (pid === undefined) return "foreign";
  if (place === "0" || place !== (await identify(process.pid)).place) return "elsewhere";
  return (await identify(Number(pid))).started === started ? "alive" : "abandoned";
}

/** Changes with each start of the machine; undefined where the system does not tell. */
export async function bootId(): Promise<string | undefined> {
  const id = (await readText("/proc/sys/kernel/random/boot_id")).trim();
  return id === "" ? undefined : id;
}

interface ProcessIdentity {
  /** This boot and process namespace; `0` where the system does not tell (no /proc). */
  readonly place: string;
  /** Clock ticks since boot, `0` where there is no such process. */
  readonly started: string;
}

async function identify(pid: number): Promise<ProcessIdentity> {
  const boot = (await bootId())?.slice(0, 8);
  const namespace = /\d+/.exec(await readlink("/proc/self/ns/pid").catch(() => ""))?.[0] ?? "0";
  // Field 22 is the time; field 2, the name, may hold anything.
  const stat = await readText(`/proc/${pid}/stat`);
  const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
  return { place: boot === undefined ? "0" : `${boot}${Number(namespace).toString(16)}`, started };
}

function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
