/**
 * What a difference of contents means for a consumer, and the lines that show it.
 *
 * Missing modules outweigh everything: a link that points nowhere is how they went missing.
 */
import type { ConsumerEffect } from "./check-result.ts";
import type { ContentsDifference } from "./compare-contents.ts";
import type { Suspect } from "./suspect.ts";

/** `said`: lost paths that texts inside name (`saidInTexts`). */
export function contentsEffect(difference: ContentsDifference, said: readonly string[]): ConsumerEffect {
  if (difference.missing.length > 0) return "empty";
  if (difference.dangling.length > 0 || difference.gone.length > 0 || said.length > 0) return "boot";
  return hasGrown(difference) ? "size" : "none";
}

/** Growth that somebody who downloads it would notice: below 10 MB or a tenth it is the compiler's mood. */
const GROWTH_BYTES = 10_000_000;
const GROWTH_SHARE = 0.1;

function hasGrown({ closureGrowth: { base, head } }: ContentsDifference): boolean {
  return head - base > GROWTH_BYTES && head - base > base * GROWTH_SHARE;
}

/** Names listed of each kind; the rest is a number. */
const LISTED = 5;

/** One line each, raw. */
export function contentsEvidence(difference: ContentsDifference): readonly string[] {
  const { modules, missing, dangling, gone } = difference;
  const counts = missing.length === 0 ? [] : [`${modules.base} → ${modules.head} modules`];
  const names = modules.head === 0 ? [] : listed(missing, "no longer inside: ");
  const links = dangling.map(({ path, target }) => `${path} → ${target} points nowhere`);
  const paths = gone.map(
    ({ path, inFile, line }) =>
      `${inFile === "." ? `line ${line}` : `${inFile}:${line}`} names ${path}, which does not exist`,
  );
  const growth = hasGrown(difference) ? [growthLine(difference)] : [];
  return [...counts, ...names, ...capped(links), ...capped(paths), ...growth];
}

const growthLine = ({ closureGrowth: { base, head } }: ContentsDifference) =>
  `closure ${megabytes(base)} → ${megabytes(head)}`;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function listed(names: readonly string[], before: string): readonly string[] {
  if (names.length === 0) return [];
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  return [`${before}${names.slice(0, LISTED).join(", ")}${rest}`];
}

function capped(all: readonly string[]): readonly string[] {
  return all.length > LISTED ? [...all.slice(0, LISTED), `and ${all.length - LISTED} more`] : all;
}

/**
 * A text that is put into an output names a lost path: no build runs it, so none fails. The same words in a build
 * script were run on both sides, and it built the same. One line for each path and text.
 */
export function saidInTexts({ references }: Suspect): readonly string[] {
  const first = new Map<string, string>();
  for (const { place, status, derivation, path, line, text } of references) {
    const key = `${derivation.drv}\0${path}`;
    if (place === "text" && status === "lost" && !first.has(key))
      first.set(key, `${derivation.name}:${line}: ${text}`);
  }
  return capped([...new Set(first.values())]);
}
