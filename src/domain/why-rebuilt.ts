/**
 * Why is this rebuilt? The shortest way from an attribute down to something that differs by itself.
 *
 * A derivation is new at head when base has none of its path; that spreads upwards through everything that depends on it.
 * The cause is a new one all of whose inputs base has too: it differs in what its own recipe says, and against the derivation
 * of the same name at base it can be said where. Texts of derivations are hostile; what is shown of them is quoted.
 */
import type { Derivation } from "./derivation.ts";
import type { AttrResult, DrvPath } from "./evaluation.ts";
import { clip, quoted, sentence, singleLine } from "./plain-text.ts";

export interface WhySide {
  readonly attr: AttrResult | undefined;
  /** Everything the attr depends on, itself included. */
  readonly derivations: ReadonlyMap<DrvPath, Derivation>;
}

const MOST_DIFFERENCES = 8;
const MOST_STEPS = 40;

/** One line a step, from the attr to the cause. Empty: it is not rebuilt. */
export function whyRebuilt(base: WhySide, head: WhySide): string[] {
  if (head.attr === undefined) return base.attr === undefined ? [] : ["it is not there any more"];
  if (!head.attr.ok) return [`it does not evaluate: ${sentence(head.attr.error, 200)}`];
  if (base.attr?.ok === true && base.attr.drv === head.attr.drv) return [];
  const path = pathToCause(head.attr.drv, base, head);
  const cause = path.at(-1);
  if (cause === undefined) return [];
  const steps = path.map((drv, index) => (index === 0 ? nameOf(drv, head) : `needs ${nameOf(drv, head)}`));
  const left = steps.length - MOST_STEPS;
  const shown = left > 0 ? [...steps.slice(0, MOST_STEPS - 1), `… ${left} steps`, ...steps.slice(-1)] : steps;
  return [...shown, ...differences(cause, base, head).map((line) => `  ${line}`)];
}

/** Breadth first, so the shortest; siblings by path, so always the same. */
function pathToCause(start: DrvPath, base: WhySide, head: WhySide): DrvPath[] {
  const isNew = (drv: DrvPath) => !base.derivations.has(drv);
  if (!isNew(start)) return [];
  const cameFrom = new Map<DrvPath, DrvPath | undefined>([[start, undefined]]);
  for (const drv of cameFrom.keys()) {
    const inputs = [...(head.derivations.get(drv)?.inputDrvs.keys() ?? [])].filter(isNew).sort();
    if (inputs.length === 0) return wayTo(drv, cameFrom);
    for (const input of inputs) if (!cameFrom.has(input)) cameFrom.set(input, drv);
  }
  return [start];
}

function wayTo(end: DrvPath, cameFrom: ReadonlyMap<DrvPath, DrvPath | undefined>): DrvPath[] {
  const way: DrvPath[] = [];
  for (let at: DrvPath | undefined = end; at !== undefined; at = cameFrom.get(at)) way.push(at);
  return way.reverse();
}

function nameOf(drv: DrvPath, { derivations }: WhySide): string {
  return singleLine(derivations.get(drv)?.name ?? drv, 120);
}

function differences(cause: DrvPath, base: WhySide, head: WhySide): string[] {
  const after = head.derivations.get(cause);
  if (after === undefined) return [];
  const before = counterpart(after, base);
  if (before === undefined) return ["base has nothing of this name"];
  const all = [
    ...(before.builder === after.builder ? [] : ["another builder"]),
    ...(sameTexts(before.args, after.args) ? [] : ["other arguments of the builder"]),
    ...(sameTexts(before.inputSrcs, after.inputSrcs) ? [] : ["other source files"]),
    ...changedKeys(before, after).map((key) => `${quoted(clip(singleLine(key), 80))} differs`),
  ];
  const rest = all.length - MOST_DIFFERENCES;
  return rest > 0 ? [...all.slice(0, MOST_DIFFERENCES), `… and ${rest} more`] : all;
}

/** The one of that name, versions left out where none matches in full. */
function counterpart({ name }: Derivation, { derivations }: WhySide): Derivation | undefined {
  const all = [...derivations.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const plain = withoutVersion(name);
  return all.find((drv) => drv.name === name) ?? all.find((drv) => withoutVersion(drv.name) === plain);
}

function withoutVersion(name: string): string {
  return name.replace(/-\d.*$/, "");
}

function changedKeys(before: Derivation, after: Derivation): string[] {
  const a = attributesOf(before);
  const b = attributesOf(after);
  const outputs = new Set([...Object.keys(before.outputs), ...Object.keys(after.outputs)]);
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((key) => !outputs.has(key) && a.get(key) !== b.get(key))
    .sort();
}

function attributesOf({ env, structuredAttrs }: Derivation): ReadonlyMap<string, string> {
  if (structuredAttrs === undefined) return new Map(Object.entries(env));
  return new Map(Object.entries(structuredAttrs).map(([key, value]) => [key, JSON.stringify(value)]));
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
