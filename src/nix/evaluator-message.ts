/**
 * What the evaluator said, for people: its error as one paragraph, its warnings without repetition.
 *
 * Nix wraps an error in excerpts of source and hints about flags, and its layout changed over time: up to 2.19 the
 * message follows `error:` at once and the position comes after; later versions print the trace first and the message in
 * the last block that begins with `error:`. Both are read here.
 */
import { clip, withoutControls } from "../domain/plain-text.ts";
import { CHECKOUT_INSIDE } from "./jail.ts";

const MESSAGE_LIMIT = 2_000;
const WARNING_LIMIT = 500;
const WARNING_COUNT = 200;

/**
 * Lines that come from how we run Nix, not from what is evaluated: the collector looks for /proc, which the jail has
 * not, and several evaluators that share one store wait for its database.
 */
const OURS = /^(?:GC Warning: |(?:warning: )?(?:error: )?SQLite database '\/[^']*\/db\.sqlite' is busy)/;

/** Position lines, excerpts of source and advice about flags: not part of the message. */
const SURROUNDINGS = /^(?:at |\(use '--show-trace'|… |\(stack trace truncated|\d+\||\|)/;

/** `undefined` where the lines hold no error. */
export function errorMessage(lines: readonly string[]): string | undefined {
  const clean = lines.map((line) => withoutControls(line).trimEnd());
  const start = clean.findLastIndex((line) => /^\s*error: \S/.test(line));
  if (start === -1) return undefined;
  const paragraphs = clean.slice(start).map((line) => line.trim());
  const surroundings = paragraphs.findIndex((line) => SURROUNDINGS.test(line));
  const message = paragraphs
    .slice(0, surroundings === -1 ? undefined : surroundings)
    .join(" ")
    .replace(/^error: /, "")
    .replace(/\s+/g, " ")
    .trim();
  return clip(withoutCheckout(message + place(paragraphs)), MESSAGE_LIMIT);
}

/** The first position below the checkout that Nix names, as ` (file:line)`. */
function place(lines: readonly string[]): string {
  for (const line of lines) {
    const match = /^at (\/[^\n]*?):(\d+):\d+:?$/.exec(line);
    if (match?.[1]?.startsWith(`${CHECKOUT_INSIDE}/`)) return ` (${match[1]}:${match[2]})`;
  }
  return "";
}

/** Names of files as the repository has them. */
function withoutCheckout(text: string): string {
  return text.replaceAll(`${CHECKOUT_INSIDE}/`, "");
}

/** Warnings and traces of the package set: clean, each once, in the order met, capped. */
export function warningLines(lines: Iterable<string>): string[] {
  const kept = new Set<string>();
  for (const line of lines) {
    const clean = clip(withoutCheckout(withoutControls(line).trim()), WARNING_LIMIT);
    if (clean === "" || OURS.test(clean)) continue;
    kept.add(clean);
    if (kept.size === WARNING_COUNT) break;
  }
  return [...kept];
}

/** Whether an evaluator ended because there is no file of a derivation, which it had written itself. */
export function missesDerivation(said: string): boolean {
  return /error: [^\n]*\/nix\/store\/[0-9a-z]{32}-[^\n]*\.drv\b[^\n]*(?:No such file|not exist|not valid)/.test(
    said,
  );
}

/**
 * Whether an evaluator may have ended because it could not read what it had written to a binary cache, or could not write there.
 * Rather once too often: then somebody who does neither says the same.
 */
export function endedByCache(error: string): boolean {
  return /symlink|symbolic link|\/nix\/store|\/cache\/|binary cache|is not valid|no space left/i.test(error);
}
