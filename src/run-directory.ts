/**
 * The directory that holds everything temporary of one run: checkouts, copies, disks of VMs.
 *
 * A run that is killed outright cannot clean up; the next one does. To know what is left over, the name says
 * whose it is: boot, process and the time it started, since process numbers are used again. What belongs to
 * somebody else, to a process of another container, or to one that lives is never touched.
 */
import { lstat, mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";

export interface RunDirectory extends AsyncDisposable {
  readonly path: string;
}

/** Makes one in `parent` (usually the system's temporary directory), after removing what dead runs left there. */
export async function makeRunDirectory(parent: string): Promise<RunDirectory> {
  const self = await identify(process.pid);
  await removeAbandoned(parent, self);
  const path = await mkdtemp(join(parent, `${PREFIX}${self.place}-${process.pid}-${self.started}-`));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

const PREFIX = "modprobot-";
const NAME = /^modprobot-([0-9a-f]+)-(\d+)-(\d+)-\w+$/;

interface ProcessIdentity {
  /** This boot and process namespace; `0` where the system does not tell (no /proc). */
  readonly place: string;
  /** Clock ticks since boot, `0` where there is no such process. */
  readonly started: string;
}

async function identify(pid: number): Promise<ProcessIdentity> {
  const read = (file: string) => readFile(file, "utf8").catch(() => "");
  const boot = (await read("/proc/sys/kernel/random/boot_id")).slice(0, 8);
  const namespace = /\d+/.exec(await readlink("/proc/self/ns/pid").catch(() => ""))?.[0] ?? "0";
  // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: field 22. The name, field 2, may hold anything.
  const stat = await read(`/proc/${pid}/stat`);
  const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
  return { place: boot === "" ? "0" : `${boot}${Number(namespace).toString(16)}`, started };
}

async function removeAbandoned(parent: string, self: ProcessIdentity): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const [, place, pid, started] = NAME.exec(name) ?? [];
    if (place !== self.place || pid === undefined || place === "0") continue;
    if ((await identify(Number(pid))).started === started) continue;
    const path = join(parent, name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) continue;
    // Another run may be removing it right now.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
