/**
 * What differs between two derivations of the same thing, one line for each, as `nix-diff` would say it and on one screen.
 *
 * Texts of derivations are hostile; what is shown of them is quoted and cut. Paths in the store are shown without their
 * hashes, which nobody can read anything from.
 */
import type { Derivation } from "./derivation.ts";
import { clip, quoted, singleLine } from "./plain-text.ts";

const MOST_DIFFERENCES = 12;
const VALUE_LENGTH = 60;
/** Attributes that stand in fields of their own as well. */
const TOLD = ["builder", "outputs", "system"];
/** Before the first difference within a long value. */
const LEAD = 20;

export function derivationDifferences(before: Derivation, after: Derivation): string[] {
  const all = [
    ...fieldDifference("system", before.system, after.system),
    ...fieldDifference("builder", before.builder, after.builder),
    ...fieldDifference("arguments", before.args.join(" "), after.args.join(" ")),
    ...outputDifferences(before, after),
    ...inputDifferences(before, after),
    ...sourceDifferences(before, after),
    ...attributeDifferences(before, after),
  ];
  const rest = all.length - MOST_DIFFERENCES;
  return rest > 0 ? [...all.slice(0, MOST_DIFFERENCES), `… and ${rest} more`] : all;
}

function fieldDifference(name: string, before: string, after: string): string[] {
  return before === after ? [] : [`${name}: ${change(before, after)}`];
}

function outputDifferences(before: Derivation, after: Derivation): string[] {
  const [old, now] = [Object.keys(before.outputs), Object.keys(after.outputs)];
  return [
    ...now.filter((name) => !old.includes(name)).map((name) => `new output ${quoted(name)}`),
    ...old.filter((name) => !now.includes(name)).map((name) => `no output ${quoted(name)} any more`),
  ];
}

/** By name: a new input of a name that was there before is another one of it. */
function inputDifferences(before: Derivation, after: Derivation): string[] {
  const gone = [...before.inputDrvs].filter(([drv]) => !after.inputDrvs.has(drv));
  const come = [...after.inputDrvs].filter(([drv]) => !before.inputDrvs.has(drv));
  const goneNames = new Set(gone.map(([drv]) => storeName(drv)));
  const comeNames = new Set(come.map(([drv]) => storeName(drv)));
  const selects = [...after.inputDrvs].flatMap(([drv, outputs]) => {
    const old = before.inputDrvs.get(drv);
    if (old === undefined || same(old, outputs)) return [];
    return [`of ${quoted(storeName(drv))}: ${old.join(", ")} → ${outputs.join(", ")}`];
  });
  return [
    ...[...comeNames].sort().map((name) => `needs ${goneNames.has(name) ? "another " : ""}${quoted(name)}`),
    ...[...goneNames]
      .filter((name) => !comeNames.has(name))
      .sort()
      .map((name) => `needs no ${quoted(name)} any more`),
    ...selects.sort(),
  ];
}

function sourceDifferences(before: Derivation, after: Derivation): string[] {
  const gone = new Set(before.inputSrcs.filter((path) => !after.inputSrcs.includes(path)).map(storeName));
  const come = new Set(after.inputSrcs.filter((path) => !before.inputSrcs.includes(path)).map(storeName));
  return [
    ...[...come].sort().map((name) => `${gone.has(name) ? "other" : "new"} source ${quoted(name)}`),
    ...[...gone]
      .filter((name) => !come.has(name))
      .sort()
      .map((name) => `no source ${quoted(name)} any more`),
  ];
}

function attributeDifferences(before: Derivation, after: Derivation): string[] {
  const [old, now] = [attributesOf(before), attributesOf(after)];
  // The paths of its own outputs differ whenever anything does.
  const told = new Set([...TOLD, ...Object.keys(before.outputs), ...Object.keys(after.outputs)]);
  const keys = [...new Set([...old.keys(), ...now.keys()])].filter((key) => !told.has(key)).sort();
  return keys.flatMap((key) => {
    const [a, b] = [old.get(key), now.get(key)];
    if (a === b) return [];
    const name = quoted(clip(key, 80));
    if (a === undefined) return [`${name} is new: ${shown(b ?? "")}`];
    if (b === undefined) return [`${name} is gone: ${shown(a)}`];
    return [`${name}: ${change(a, b)}`];
  });
}

function attributesOf({ env, structuredAttrs }: Derivation): ReadonlyMap<string, string> {
  if (structuredAttrs === undefined) return new Map(Object.entries(env));
  return new Map(
    Object.entries(structuredAttrs).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** `6.1 → 6.2`; of long values the first line that differs, from shortly before it does. */
function change(before: string, after: string): string {
  const [a, b] = [withoutHashes(before), withoutHashes(after)];
  if (a === b) return `${shown(a)}, with other content`;
  if (isShort(a) && isShort(b)) return `${shown(a)} → ${shown(b)}`;
  const [old, now] = [a.split("\n"), b.split("\n")];
  const line = now.findIndex((text, at) => text !== old[at]);
  const at = line === -1 ? now.length : line;
  const [was = "", is = ""] = [old[at], now[at]];
  const from = Math.max(0, firstDifference(was, is) - LEAD);
  const place = old.length > 1 || now.length > 1 ? `line ${at + 1}: ` : "";
  const cut = from > 0 ? "…" : "";
  return `${place}${shown(cut + was.slice(from))} → ${shown(cut + is.slice(from))}`;
}

function isShort(text: string): boolean {
  return text.length <= VALUE_LENGTH && !text.includes("\n");
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  return at;
}

function shown(value: string): string {
  const text = singleLine(withoutHashes(value), VALUE_LENGTH);
  return text === "" ? "(empty)" : quoted(text);
}

function withoutHashes(text: string): string {
  return text.replace(/\/nix\/store\/[0-9a-z]{32}-/g, "");
}

/** `/nix/store/<hash>-builder.sh` → `builder.sh`, and of a derivation without `.drv`. */
function storeName(path: string): string {
  return path.slice(path.indexOf("-", path.lastIndexOf("/")) + 1).replace(/\.drv$/, "");
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
