/**
 * Console: what a guest's serial console says about a boot.
 *
 * Our init program speaks in marker lines, `<nonce> <key> <value…>`, which it writes through the kernel's own
 * log, so that they are never torn apart by kernel messages and prove that warnings reach the console. A
 * console without `begin` is a kernel that did not boot; one without `end`, or with messages lost, cannot be
 * searched for splats, and a search that could not be done is not a pass.
 *
 * Everything here is text of the kernel under test. It can lie about itself; it cannot name modules nobody
 * asked for, nor grow without bound.
 */
import { isSameParameterValue } from "./parameter-value.ts";
import { type SplatAllowance, scanForSplats, withoutLogPrefix } from "./splats.ts";
import type { ModprobeRequest, ModuleLoad } from "./vm.ts";

export interface ConsoleLog {
  readonly lines: readonly string[];
  /** Why it is not all that was printed; absent when it is. */
  readonly incomplete?: string;
}

export interface ConsoleQuestion {
  /** First word of our marker lines. */
  readonly nonce: string;
  readonly load: readonly ModprobeRequest[];
  /** The directory below `lib/modules`, which `uname -r` has to equal; `null`: there is none. */
  readonly modDirVersion: string | null;
  readonly allowances: readonly SplatAllowance[];
  /** `2026-12-31` */
  readonly today: string;
}

export interface ConsoleReading {
  /** Init ran. */
  readonly begun: boolean;
  /** One line each, in the order met; empty: passed. Times and versions are left out, so that base and head compare. */
  readonly problems: readonly string[];
  readonly kernelRelease?: string;
  readonly modules: readonly ModuleLoad[];
  readonly splats: readonly string[];
  readonly consoleTail: readonly string[];
}

interface Marker {
  /** Index of its line. */
  readonly at: number;
  readonly key: string;
  /** Which request it is about, where it is about one. */
  readonly request: number;
  readonly value: string;
}

const TAIL_LINES = 40;
const SPLATS_SHOWN = 20;
const MODULE_KEYS = new Set(["module", "state", "message", "parameter", "absent", "unloaded"]);
/** Bits of /proc/sys/kernel/tainted that only a splat sets: died, warned, soft lockup. */
const SPLAT_TAINTS = [
  [7, "D: it has died once"],
  [9, "W: it has warned"],
  [14, "L: a processor was stuck"],
] as const;

export function readConsole(log: ConsoleLog, question: ConsoleQuestion): ConsoleReading {
  const { markers, rest } = separate(log.lines, question.nonce);
  const value = (key: string) => markers.find((marker) => marker.key === key)?.value;
  const begun = value("begin") !== undefined;
  const loads = question.load.flatMap((request, index) => readLoad(request, index, markers) ?? []);
  const scan = scanForSplats(
    rest.map((line) => line.text),
    question.allowances,
    question.today,
  );
  const release = value("release");

  const problems = [
    ...bootProblems(begun, log, rest.at(-1)?.text),
    ...releaseProblems(release, question.modDirVersion),
    ...loads.flatMap((load) => loadProblems(load, rest)),
    ...emptyProblems(loads, question),
    ...scan.splats.slice(0, SPLATS_SHOWN).map((splat) => `kernel: ${splat}`),
    ...endProblems(begun, value("end") !== undefined, loads),
    ...scanProblems(log, value, scan.splats.length + scan.allowed),
  ];
  return {
    begun,
    problems: [...new Set(problems)],
    ...(release === undefined ? {} : { kernelRelease: release }),
    modules: loads.map(({ load }) => load),
    splats: scan.splats.slice(0, SPLATS_SHOWN),
    consoleTail: rest.slice(-TAIL_LINES).map((line) => line.text),
  };
}

interface KernelLine {
  readonly at: number;
  readonly text: string;
}

function separate(lines: readonly string[], nonce: string): { markers: Marker[]; rest: KernelLine[] } {
  const markers: Marker[] = [];
  const rest: KernelLine[] = [];
  for (const [at, line] of lines.entries()) {
    const text = withoutLogPrefix(line);
    if (!text.startsWith(`${nonce} `)) {
      rest.push({ at, text: line.replace(/\r+$/, "").slice(0, 500) });
      continue;
    }
    const [, key = "", ...words] = text.split(" ");
    const request = MODULE_KEYS.has(key) ? Number.parseInt(words.shift() ?? "", 10) : Number.NaN;
    markers.push({ at, key, request, value: words.join(" ") });
  }
  return { markers, rest };
}

interface ReadLoad {
  readonly request: ModprobeRequest;
  readonly load: ModuleLoad;
  /** Lines between which the kernel spoke about it. */
  readonly from: number;
  readonly to: number;
  /** It cannot be unloaded by design, or the kernel unloads nothing. */
  readonly permanent: boolean;
}

/** Undefined: the guest never came to it. */
function readLoad(request: ModprobeRequest, index: number, all: readonly Marker[]): ReadLoad | undefined {
  const markers = all.filter((marker) => marker.request === index);
  const find = (key: string) => markers.find((marker) => marker.key === key);
  const begin = find("module");
  if (begin === undefined) return undefined;
  const state = find("state");
  const message = markers
    .filter((marker) => marker.key === "message" && marker.value !== "")
    .map((marker) => marker.value)
    .join("; ");
  const unloaded = find("unloaded")?.value;
  const load: ModuleLoad = {
    module: request.module,
    loaded: loadedWord(state?.value),
    ...(state === undefined
      ? { message: "the guest stopped while loading it" }
      : message === ""
        ? {}
        : { message }),
    parameters: Object.fromEntries(
      Object.keys(request.options)
        .sort()
        .map((name) => [name, parameterValue(name, markers)]),
    ),
    unloaded: unloaded === "yes",
  };
  const to = all.find((marker) => marker.at > begin.at && marker.request !== index)?.at;
  return {
    request,
    load,
    from: begin.at,
    to: to ?? Number.POSITIVE_INFINITY,
    permanent: unloaded === "permanent",
  };
}

function loadedWord(state: string | undefined): ModuleLoad["loaded"] {
  return state === "loaded" || state === "builtin" || state === "missing" ? state : "failed";
}

function parameterValue(name: string, markers: readonly Marker[]): string | null {
  const line = markers.find((marker) => marker.key === "parameter" && marker.value.split(" ", 1)[0] === name);
  return line === undefined ? null : line.value.slice(name.length + 1).trim();
}

function bootProblems(begun: boolean, log: ConsoleLog, lastLine: string | undefined): string[] {
  if (begun) return [];
  if (lastLine === undefined && log.incomplete === undefined)
    return ["the kernel did not boot: it printed nothing"];
  const last = lastLine === undefined ? "" : `; its last words: ${withoutLogPrefix(lastLine)}`;
  return [`the kernel did not boot as far as the init program${last}`];
}

function releaseProblems(release: string | undefined, modDirVersion: string | null): string[] {
  if (release === undefined || modDirVersion === null || release === modDirVersion) return [];
  return [
    `the kernel calls itself ${release} (uname -r) and its modules are in lib/modules/${modDirVersion}, where modprobe does not look`,
  ];
}

function loadProblems(read: ReadLoad, kernelLines: readonly KernelLine[]): string[] {
  const { request, load } = read;
  const said = load.message === undefined ? "" : `: ${load.message}`;
  switch (load.loaded) {
    case "builtin":
      return [];
    case "missing":
      return request.optional === true ? [] : [`${load.module} is not in this kernel${said}`];
    case "failed":
      return [`${load.module} does not load${said}${kernelSaid(read, kernelLines)}`];
    case "loaded":
      return [
        ...Object.entries(request.options).flatMap(([name, given]) =>
          optionProblem(read, name, given, kernelLines),
        ),
        ...(load.unloaded || read.permanent ? [] : [`${load.module} cannot be unloaded${said}`]),
      ];
  }
}

function optionProblem(
  read: ReadLoad,
  name: string,
  given: string,
  kernelLines: readonly KernelLine[],
): string[] {
  const { module, parameters } = read.load;
  const seen = parameters[name] ?? null;
  if (seen === null) {
    return [
      `${module} was loaded with ${name}=${given}, and there is no such parameter under /sys/module${kernelSaid(read, kernelLines)}`,
    ];
  }
  if (isSameParameterValue(given, seen)) return [];
  return [`${module} was loaded with ${name}=${given}, and reads back ${name}=${seen}`];
}

/** What the kernel itself said of the module while it was being loaded: modprobe only passes on an error number. */
function kernelSaid({ load, from, to }: ReadLoad, kernelLines: readonly KernelLine[]): string {
  const start = `${load.module.replaceAll("-", "_")}: `;
  const line = kernelLines
    .filter(({ at }) => at > from && at < to)
    .map(({ text }) => withoutLogPrefix(text))
    .find((text) => text.replaceAll("-", "_").startsWith(start));
  return line === undefined ? "" : ` (kernel: ${line.slice(0, 200)})`;
}

/**
 * Only defaults were asked for, and a kernel that has modules has none of them: then nothing was tested. A kernel
 * without any modules is tested by having booted.
 */
function emptyProblems(loads: readonly ReadLoad[], question: ConsoleQuestion): string[] {
  const asked = question.load.length;
  if (asked === 0 || loads.length < asked || question.modDirVersion === null) return [];
  return loads.every(({ request, load }) => load.loaded === "missing" && request.optional === true)
    ? ["none of the modules to try is in this kernel, neither as a module nor built in"]
    : [];
}

function endProblems(begun: boolean, ended: boolean, loads: readonly ReadLoad[]): string[] {
  if (!begun || ended) return [];
  const last = loads.at(-1)?.load.module;
  return [`the guest stopped before it was done${last === undefined ? "" : `; it was busy with ${last}`}`];
}

function scanProblems(
  log: ConsoleLog,
  value: (key: string) => string | undefined,
  splatsSeen: number,
): string[] {
  const lost = log.lines.some((line) => /\*\* \d{1,9} printk messages dropped/.test(line.slice(0, 500)));
  const taint = Number.parseInt(value("taint") ?? "", 10);
  const signs = SPLAT_TAINTS.filter(([bit]) => (taint >> bit) & 1).map(([, meaning]) => meaning);
  return [
    ...(log.incomplete === undefined
      ? []
      : [`the console could not be searched for splats: ${log.incomplete}`]),
    ...(lost
      ? ["the kernel dropped messages before they reached the console: a splat may be among them"]
      : []),
    ...(value("log") === "none" ? ["the kernel has no log (/dev/kmsg): splats cannot be seen"] : []),
    ...(value("end") !== undefined && Number.isNaN(taint)
      ? ["the kernel does not say whether it is tainted"]
      : []),
    ...(signs.length > 0 && splatsSeen === 0
      ? [`the kernel is tainted (${signs.join(", ")}), and no line of the console says why`]
      : []),
  ];
}
