/**
 * Which outputs of a kernel a derivation uses, and which paths below them it names.
 *
 * What trips people up: a derivation can depend on an output without naming a path in it. It hands the whole
 * output on (`paths = [ kernel ]`, `ln -s ${kernel}`), or its builder script has the path and its environment the
 * output. The first is a reference with suffix ""; the second is joined from both. An output that is selected and
 * found nowhere in the texts is a reference to the whole as well: something uses it, we only do not see how.
 */
import type { Derivation, Json } from "./derivation.ts";
import type { DrvPath, OutputName, StorePath } from "./evaluation.ts";
import { type Mention, type OutputPlace, scanScript } from "./shell-references.ts";

export interface KernelOutputs {
  readonly drv: DrvPath;
  /** "" for an output whose path is only known once built. */
  readonly outputs: Readonly<Record<OutputName, StorePath>>;
}

export interface Reference extends OutputPlace {
  /**
   * `text`: what a text derivation writes, so it is in its output; `script`: what is run to build; `attribute`: a
   * value handed on; `input`: selected, and not found anywhere.
   */
  readonly place: "text" | "script" | "attribute" | "input";
  /** Of the attribute (`paths.0`, `buildCommand`, `args.2`), or the store path of the script. */
  readonly name: string;
  /** 1-based, in a script or text. */
  readonly line?: number;
  /** The line, raw. */
  readonly text?: string;
  /** The variable it was said with. */
  readonly variable?: string;
}

/** `texts`: scripts this derivation depends on, by store path: its builder script, texts it is handed. */
export function findReferences(
  derivation: Derivation,
  kernel: KernelOutputs,
  texts: ReadonlyMap<StorePath, string> = new Map(),
): readonly Reference[] {
  const selected = derivation.inputDrvs.get(kernel.drv) ?? [];
  const outputs = new Map(
    Object.entries(kernel.outputs).flatMap(([name, path]) => (path === "" ? [] : [[path, name]])),
  );
  const strings = stringsOf(derivation);
  const held = strings.flatMap(({ name, value }) => heldPlaces(name, value, outputs));
  const bindings = new Map(
    held.flatMap(({ variable, output, suffix }) =>
      variable === undefined ? [] : [[variable, { output, suffix }]],
    ),
  );

  const scripts = [
    ...strings
      .filter((string) => !isValue(string, outputs))
      .map((string) => ({ ...string, place: placeOf(string.name) })),
    ...[...texts].map(([name, value]) => ({ name, value, place: "script" as const })),
  ];
  const scans = scripts.map((script) => ({ ...script, ...scanScript(script.value, outputs, bindings) }));
  const said = scans.flatMap(({ mentions, name, place }) =>
    mentions.map((mention) => fromMention(mention, name, place)),
  );
  const handedOn = unusedPlaces(held, new Set(scans.flatMap(({ used }) => [...used])));
  const found = new Set([...said, ...handedOn].map(({ output }) => output));
  const unseen = selected.filter((output) => !found.has(output));
  return [
    ...said,
    ...handedOn,
    ...unseen.map((output) => ({ output, suffix: "", place: "input" as const, name: kernel.drv })),
  ];
}

function placeOf(name: string): "text" | "script" {
  return name === "text" ? "text" : "script";
}

function fromMention(
  { assignedTo: _, ...mention }: Mention,
  name: string,
  place: "text" | "script",
): Reference {
  return { ...mention, name, place };
}

interface NamedString {
  readonly name: string;
  readonly value: string;
}

/** Every string of the derivation with a name: `args.1`, `buildCommand`, `paths.0`. Deep structures without recursion. */
function stringsOf({ args, env, structuredAttrs }: Derivation): readonly NamedString[] {
  const strings: NamedString[] = args.map((value, index) => ({ name: `args.${index}`, value }));
  for (const [name, value] of Object.entries(env)) if (name !== "__json") strings.push({ name, value });
  const pending: [string, Json][] = Object.entries(structuredAttrs ?? {}).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [name, value] = next;
    if (typeof value === "string") strings.push({ name, value });
    if (typeof value !== "object" || value === null) continue;
    const inside = Object.entries(value).map(([key, child]): [string, Json] => [nested(name, key), child]);
    for (const child of inside.reverse()) pending.push(child);
  }
  return strings;
}

/** Names of what lies very deep stay short: their length would add up. */
const nested = (name: string, key: string) => (name.length > 100 ? name : `${name}.${key}`);

interface HeldPlace extends OutputPlace {
  readonly name: string;
  /** The variable that a script sees it as; absent for one of several in a list. */
  readonly variable: string | undefined;
}

/** A value that is nothing but store paths, as attributes hold them. What is written to a file is a text, even if short. */
function isValue({ name, value }: NamedString, outputs: ReadonlyMap<StorePath, OutputName>): boolean {
  if (name === "text") return false;
  return wordsOf(value)?.some((word) => placeIn(word, outputs) !== undefined) ?? false;
}

/** The words of a value that can be a list of paths: each an absolute path, in one line. */
function wordsOf(value: string): readonly string[] | undefined {
  if (!value.trimStart().startsWith("/") || value.includes("\n")) return undefined;
  const words = value.trim().split(/\s+/);
  return words.every((word) => word.startsWith("/")) ? words : undefined;
}

function heldPlaces(
  name: string,
  value: string,
  outputs: ReadonlyMap<StorePath, OutputName>,
): readonly HeldPlace[] {
  const words = name === "text" ? [] : (wordsOf(value) ?? []);
  return words.flatMap((word, index) => {
    const place = placeIn(word, outputs);
    if (place === undefined) return [];
    const single = words.length === 1;
    return [
      {
        ...place,
        name: single ? name : `${name}.${index}`,
        variable: single && !name.includes(".") ? name : undefined,
      },
    ];
  });
}

function placeIn(word: string, outputs: ReadonlyMap<StorePath, OutputName>): OutputPlace | undefined {
  for (const [path, output] of outputs) {
    if (word !== path && !word.startsWith(`${path}/`)) continue;
    return { output, suffix: word.slice(path.length).replace(/^\/+|\/+$/g, "") };
  }
  return undefined;
}

/** An attribute of which every use is known says nothing more; one with a path in it, or without a known use, does. */
function unusedPlaces(held: readonly HeldPlace[], used: ReadonlySet<string>): readonly Reference[] {
  return held
    .filter(({ variable, suffix }) => suffix !== "" || variable === undefined || !used.has(variable))
    .map(({ variable: _, ...place }) => ({ ...place, place: "attribute" as const }));
}
