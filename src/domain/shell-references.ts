/**
 * Where a script names an output: by its store path, or by a variable that holds it.
 *
 * What trips people up: the interesting part is rarely next to the store path. A builder script says
 * `$kernel/lib/modules` and only the environment knows what `$kernel` is; another says `KERNEL=/nix/store/…` and
 * ten lines later `find "$KERNEL/lib/modules"`. Both are joined here. Comments name nothing.
 *
 * Knows words, not shell: no control flow, no scopes, no arrays. Each rule costs time linear in the text.
 */
import { commentStart } from "./comments.ts";
import type { OutputName, StorePath } from "./evaluation.ts";
import { readSuffix } from "./path-suffix.ts";

/** A place below an output that a name stands for; `suffix` "" is the output itself. */
export interface OutputPlace {
  readonly output: OutputName;
  readonly suffix: string;
}

export type Bindings = ReadonlyMap<string, OutputPlace>;

export interface Mention extends OutputPlace {
  /** 1-based. */
  readonly line: number;
  /** The line, trimmed, raw. */
  readonly text: string;
  /** The variable it was said with; absent for a store path written out. */
  readonly variable?: string;
  /** The variable that it is assigned to. */
  readonly assignedTo?: string;
}

/** Mentions looked at in one text: a real script has a handful, a generated one may have any number. */
const MENTION_LIMIT = 2_000;
/** `A=$kernel; B=$A; C=$B`: longer chains are not met. */
const CHAIN_LIMIT = 4;
const LINE_LIMIT = 300;

export interface Scan {
  /** In the order of the text. */
  readonly mentions: readonly Mention[];
  /** Variables that hold an output and are used, be it only for another variable. */
  readonly used: ReadonlySet<string>;
}

/** `bindings`: variables known from elsewhere, such as the environment. */
export function scanScript(
  text: string,
  outputs: ReadonlyMap<StorePath, OutputName>,
  bindings: Bindings,
): Scan {
  let known = bindings;
  for (let round = 0; ; round += 1) {
    const mentions = findMentions(text, outputs, known);
    const assigned = assignments(mentions, known);
    if (assigned.length === 0 || round === CHAIN_LIMIT) return summarize(mentions);
    known = new Map([...known, ...assigned]);
  }
}

/** New names only: what a name was given first is what it is taken for throughout. */
function assignments(
  mentions: readonly Mention[],
  known: Bindings,
): readonly (readonly [string, OutputPlace])[] {
  return mentions.flatMap(({ assignedTo, output, suffix }) =>
    assignedTo === undefined || known.has(assignedTo) ? [] : [[assignedTo, { output, suffix }] as const],
  );
}

/** `KERNEL=/nix/store/…` alone says nothing once it is known what `$KERNEL` is used for. */
function summarize(mentions: readonly Mention[]): Scan {
  const used = new Set(mentions.flatMap(({ variable }) => variable ?? []));
  const telling = mentions.filter(({ assignedTo, suffix }) => !(suffix === "" && used.has(assignedTo ?? "")));
  return { mentions: telling, used };
}

interface Hit extends OutputPlace {
  readonly start: number;
  readonly variable?: string;
}

function findMentions(
  text: string,
  outputs: ReadonlyMap<StorePath, OutputName>,
  bindings: Bindings,
): readonly Mention[] {
  const hits = [...storePathHits(text, outputs), ...variableHits(text, bindings)];
  return hits.length === 0
    ? []
    : withLines(text, hits.sort((a, b) => a.start - b.start).slice(0, MENTION_LIMIT));
}

function storePathHits(text: string, outputs: ReadonlyMap<StorePath, OutputName>): readonly Hit[] {
  return [...outputs].flatMap(([path, output]) =>
    positions(text, path).flatMap((start) => {
      const end = start + path.length;
      // Another store path that begins with this one, such as the derivation's own.
      if (/^(?:[A-Za-z0-9+_?=-]|\.[A-Za-z0-9])/.test(text.slice(end, end + 2))) return [];
      return [{ output, suffix: readSuffix(text, end), start }];
    }),
  );
}

function positions(text: string, wanted: string): readonly number[] {
  const found: number[] = [];
  if (wanted === "") return found;
  for (let at = text.indexOf(wanted); at !== -1 && found.length < MENTION_LIMIT; ) {
    found.push(at);
    at = text.indexOf(wanted, at + wanted.length);
  }
  return found;
}

/** `$name`, `${name}`, `${name[0]}`, `${name:-…}` of shells, and `@name@` of nixpkgs' substitution. */
const VARIABLE =
  /\$(?:\{([A-Za-z_]\w*)(?:\[[^\]\s}]{0,20}\])?(?:[:%#/^,-][^}\n]{0,80})?\}|([A-Za-z_]\w*))|@([A-Za-z_]\w*)@/g;

function variableHits(text: string, bindings: Bindings): readonly Hit[] {
  if (bindings.size === 0) return [];
  const hits: Hit[] = [];
  for (const match of text.matchAll(VARIABLE)) {
    const variable = match[1] ?? match[2] ?? match[3] ?? "";
    const place = bindings.get(variable);
    if (place === undefined) continue;
    const rest = readSuffix(text, match.index + match[0].length);
    const suffix = [place.suffix, rest].filter((part) => part !== "").join("/");
    hits.push({ output: place.output, suffix, start: match.index, variable });
    if (hits.length === MENTION_LIMIT) break;
  }
  return hits;
}

/** Adds line and assignment, drops what stands in a comment. Lines are walked once, in step with the hits. */
function withLines(text: string, hits: readonly Hit[]): readonly Mention[] {
  const mentions: Mention[] = [];
  let line = 0;
  let start = 0;
  let end = -1;
  let comment = 0;
  for (const { start: at, ...hit } of hits) {
    while (end < at && (end < text.length || line === 0)) {
      start = end + 1;
      const next = text.indexOf("\n", start);
      end = next === -1 ? text.length : next;
      line += 1;
      comment = -1;
    }
    if (comment === -1) comment = start + commentStart(text.slice(start, end));
    if (at >= comment) continue;
    const assignedTo = assignedName(text.slice(Math.max(start, at - 100), at));
    const said = text.slice(start, Math.min(end, start + LINE_LIMIT)).trim();
    mentions.push({ ...hit, line, text: said, ...(assignedTo === undefined ? {} : { assignedTo }) });
  }
  return mentions;
}

/** `export NAME="` in front of it. */
function assignedName(before: string): string | undefined {
  return /(?:^|[\s;&|(])([A-Za-z_]\w*)=["']?$/.exec(before)?.[1];
}
