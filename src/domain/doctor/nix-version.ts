/** Is this release of Nix one to run other people's code with? */
import { type Diagnosis, green, red, yellow } from "./diagnosis.ts";
import { ADVISORIES, type Advisory, type Lines } from "./nix-advisories.ts";

export interface NixRelease {
  /** `other`: a build of Nix that mends on its own, Determinate's for one. */
  readonly flavour: "nix" | "lix" | "other";
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** As the program says it: `Nix 2.34.7`. */
  readonly shown: string;
}

/** `nix-instantiate (Nix) 2.8.0`, `nix (Lix, like Nix) 2.93.3`, `nix (Nix) 2.35.0pre20260801_abcdef`. */
export function parseNixVersion(line: string): NixRelease | undefined {
  const [, name = "", major, minor, patch] =
    /^\S+ \(([^()]{1,80})\) (\d+)\.(\d+)(?:\.(\d+))?/.exec(line) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const flavour = name === "Nix" ? "nix" : /^Lix\b/.test(name) ? "lix" : "other";
  const version = line.slice(line.indexOf(")") + 2).trim();
  return {
    flavour,
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch ?? 0),
    shown: `${flavour === "lix" ? "Lix" : name} ${version.slice(0, 60)}`,
  };
}

/** Debian 12 has it; what modprobot calls is there and in every later release. */
const OLDEST = { major: 2, minor: 8 };

/** @param accepted the operator has said that they know */
export function judgeNixVersion(line: string, accepted: boolean): Diagnosis {
  const release = parseNixVersion(line);
  if (release === undefined) {
    return yellow(
      `Nix calls itself ${JSON.stringify(line.slice(0, 100))}, which cannot be compared with the list of known holes`,
      "Look for security advisories of this Nix yourself.",
    );
  }
  const { shown, flavour } = release;
  if (release.major < OLDEST.major || (release.major === OLDEST.major && release.minor < OLDEST.minor))
    return red(
      `${shown} is too old: 2.8 or later is needed`,
      "Install a later Nix, and see that it comes first on PATH.",
    );
  const open = ADVISORIES.filter((advisory) => isOpen(advisory, release));
  if (open.length === 0) {
    return flavour === "other"
      ? yellow(
          `${shown} mends on its own, and cannot be compared with the list of known holes`,
          "Look for security advisories of this Nix yourself.",
        )
      : green(`${shown}, with none of the ${ADVISORIES.length} holes known to this modprobot`);
  }
  const seen = `${shown} has known holes: ${open.map(({ id, what }) => `${id} lets a build ${what}`).join("; ")}`;
  if (accepted) return yellow(`${seen} (accepted)`, advice(release, open));
  return red(
    seen,
    `${advice(release, open)}\nWhere your distribution has mended it and left the number, or all code that is checked is yours: --accept known-vulnerable-nix.`,
  );
}

function isOpen({ nix, lix }: Advisory, release: NixRelease): boolean {
  const lines = release.flavour === "lix" ? lix : nix;
  return lines !== undefined && isIn(lines, release);
}

function isIn({ since, fixed }: Lines, release: NixRelease): boolean {
  return (since === undefined || has(since, release)) && !has(fixed, release);
}

/** Whether something that came with the first releases listed, one a line, is in this one. */
function has(firstReleases: readonly string[], { major, minor, patch }: NixRelease): boolean {
  const firsts = firstReleases.map((text) => text.split(".").map(Number));
  const ownLine = firsts.find(([a, b]) => a === major && b === minor);
  if (ownLine !== undefined) return patch >= (ownLine[2] ?? 0);
  return firsts.every(([a = 0, b = 0]) => a < major || (a === major && b < minor));
}

/** The nearest releases without any hole of the list. */
function advice({ flavour, minor }: NixRelease, open: readonly Advisory[]): string {
  const fixed = ADVISORIES.flatMap((one) => (flavour === "lix" ? one.lix : one.nix)?.fixed ?? []);
  const newest = Map.groupBy(fixed, (text) => Number(text.split(".")[1]));
  const good = [...newest]
    .map(([line, texts]) => ({ line, text: texts.sort((a, b) => patchOf(b) - patchOf(a))[0] ?? "" }))
    .filter(({ text }) => ADVISORIES.every((one) => !isOpen(one, releaseOf(text, flavour))))
    .sort((a, b) => a.line - b.line);
  const sameLine = good.find(({ line }) => line === minor);
  const last = good.at(-1);
  const names = [...new Set([sameLine?.text, last?.text].filter((text) => text !== undefined))];
  return `Install ${names.join(" or ")}, or later.\n${open.map(({ id }) => `https://nvd.nist.gov/vuln/detail/${id}`).join("\n")}`;
}

function patchOf(text: string): number {
  return Number(text.split(".")[2]);
}

function releaseOf(text: string, flavour: NixRelease["flavour"]): NixRelease {
  const [major = 0, minor = 0, patch = 0] = text.split(".").map(Number);
  return { flavour, major, minor, patch, shown: text };
}
