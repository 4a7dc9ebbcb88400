/**
 * File and line to open in order to mend a consumer.
 *
 * What trips people up: the store path that breaks it was written as `${kernel}/lib/modules`, maybe in another file,
 * and `meta.position` points at a description. So, in this order: where evaluation failed; the line of the
 * recipe that reads like the reference; where the recipe sets the variable through which a builder script got the
 * output; the builder script; the recipe's own position.
 */
import { commentStart } from "./comments.ts";
import type { ConsumerReference } from "./consumer-references.ts";
import type { SourcePosition, StorePath } from "./evaluation.ts";
import { type SourceTree, sameFileInTree } from "./source-tree.ts";
import type { Suspect } from "./suspect.ts";

/** `texts`: sources of the store by path, as given to `findSuspects`. Undefined where nothing is known. */
export function locateSuspect(
  suspect: Suspect,
  tree: SourceTree,
  texts: ReadonlyMap<StorePath, string>,
): SourcePosition | undefined {
  if (suspect.head?.ok === false) return errorPosition(suspect.head.error, tree) ?? positionOf(suspect);
  const position = positionOf(suspect);
  const reference = tellingReference(suspect);
  if (reference === undefined) return position;
  const recipe = position === undefined ? [] : codeOf(tree, position.file);
  const here = (line: number | undefined) =>
    line === undefined || position === undefined ? undefined : { file: position.file, line };
  const naming = () => here(lineNaming(recipe, reference, position?.line));
  return (
    here(lineLike(recipe, reference, position?.line)) ??
    here(lineSetting(recipe, reference, position?.line)) ??
    // What a script got in a variable is mended where it is handed over, not in the script.
    (reference.variable === undefined ? undefined : naming()) ??
    scriptPosition(reference, tree, texts) ??
    elsewhere(reference, tree) ??
    naming() ??
    position
  );
}

/** What lost nothing explains nothing, except where the selection itself is what changed. */
function tellingReference({ references, suspicion, inside }: Suspect): ConsumerReference | undefined {
  const telling = references.find(({ status }) => status !== "present");
  return telling ?? ((inside ?? suspicion) === "selects-other-outputs" ? references[0] : undefined);
}

function positionOf({ base, head }: Suspect): SourcePosition | undefined {
  return (head?.ok ? head.position : undefined) ?? (base?.ok ? base.position : undefined);
}

/** The last place that an error names and the checkout has: Nix prints the outermost first, or last, by version. */
function errorPosition(error: string, tree: SourceTree): SourcePosition | undefined {
  const places = [...error.matchAll(/([\w.+/-]{1,300}\.nix):(\d{1,7})(?::\d+)?/g)];
  const files = new Set(tree.files);
  return places
    .map(([, file = "", line]) => ({ file: file.replace(/^(?:\.?\/)+/, ""), line: Number(line) }))
    .find(({ file }) => files.has(file));
}

/** Longer lines are data. */
const LINE_LIMIT = 2_000;

/** Lines without their comments. Empty for a file that cannot be read. */
function codeOf(tree: SourceTree, file: string): readonly string[] {
  const lines = (tree.read(file) ?? "").split("\n").map((line) => line.slice(0, LINE_LIMIT));
  return lines.map((line) => line.slice(0, commentStart(line)));
}

/**
 * The line of a recipe that the line of a built script comes from: the same words with interpolations where store
 * paths and versions are.
 */
function lineLike(code: readonly string[], reference: ConsumerReference, near: number | undefined) {
  const pieces = piecesOf(reference);
  const wanted = `/${literalBeginning(reference.path)}`;
  return (
    nearest(code, near, (line) => pieces !== undefined && hasInOrder(line, pieces)) ??
    nearest(code, near, (line) => wanted !== "/" && hasPathBehindName(line, wanted))
  );
}

/** Words shorter than this on either side of a store path are in every script. */
const TELLING_LENGTH = 6;

function piecesOf({ text }: ConsumerReference): readonly string[] | undefined {
  const pieces = (text ?? "").split(/\/nix\/store\/[^\s/"'`;:]+/).map((piece) => piece.trim());
  const telling = pieces.filter((piece) => piece !== "");
  return telling.some((piece) => piece.length >= TELLING_LENGTH) ? telling : undefined;
}

function hasInOrder(line: string, pieces: readonly string[]): boolean {
  let from = 0;
  for (const piece of pieces) {
    const at = line.indexOf(piece, from);
    if (at === -1) return false;
    from = at + piece.length;
  }
  return true;
}

/** `lib/modules` of `lib/modules/<version>/kernel`: what a recipe writes literally. */
const literalBeginning = (path: string) => path.split(/\/?[<*?]/)[0] ?? "";

/** `${kernel}/lib/modules`, `$KERNEL/lib/modules`: behind an interpolation or a variable. */
function hasPathBehindName(line: string, path: string): boolean {
  for (let at = line.indexOf(path); at !== -1; at = line.indexOf(path, at + 1)) {
    if (/(?:\}|\$\w+)"?'?$/.test(line.slice(Math.max(0, at - 60), at))) return true;
  }
  return false;
}

/** `kernel = linux;`, `inherit kernel`: where the variable of a script, or the attribute itself, is set. */
function lineSetting(
  code: readonly string[],
  { variable, name, place }: ConsumerReference,
  near: number | undefined,
) {
  const attribute = variable ?? (place === "attribute" ? name.replace(/\..*$/, "") : undefined);
  if (attribute === undefined || !/^\w{1,60}$/.test(attribute)) return undefined;
  const sets = new RegExp(`(?:^|[\\s{(;])(?:${attribute}\\s*=|inherit\\b[^;]*\\b${attribute}\\b)`);
  return nearest(code, near, (line) => sets.test(line));
}

function scriptPosition(
  { name, line }: ConsumerReference,
  tree: SourceTree,
  texts: ReadonlyMap<StorePath, string>,
): SourcePosition | undefined {
  const file = sameFileInTree(tree, name, texts.get(name));
  return file === undefined || line === undefined ? undefined : { file, line };
}

/** Looking through every file is for small trees; in nixpkgs the recipe's own file has to do. */
const SEARCHED_FILES = 2_000;

function elsewhere(reference: ConsumerReference, tree: SourceTree): SourcePosition | undefined {
  const pieces = piecesOf(reference);
  if (pieces === undefined || tree.files.length > SEARCHED_FILES) return undefined;
  const files = tree.files.filter((file) => /\.(?:nix|sh)$/.test(file));
  const found = files.flatMap((file) => {
    const line = codeOf(tree, file).findIndex((text) => hasInOrder(text, pieces));
    return line === -1 ? [] : [{ file, line: line + 1 }];
  });
  return found.length === 1 ? found[0] : undefined;
}

/** A use of the kernel by its name, behind the recipe's own arguments. */
function lineNaming(code: readonly string[], { kernel }: ConsumerReference, near: number | undefined) {
  const name = kernel.slice(kernel.lastIndexOf(".") + 1).replace(/[^\w-]/g, "");
  const uses = new RegExp(`\\b(?:kernel|${name})\\b`);
  const head = code.findIndex((line) => /:\s*$/.test(line));
  return nearest(code, near, (line, index) => index > head && uses.test(line));
}

/** 1-based number of the matching line that is nearest to the position. */
function nearest(
  code: readonly string[],
  near: number | undefined,
  matches: (line: string, index: number) => boolean,
): number | undefined {
  const found = code.flatMap((line, index) => (matches(line, index) ? [index + 1] : []));
  const distance = (line: number) => Math.abs(line - (near ?? 1));
  return found.sort((a, b) => distance(a) - distance(b) || a - b)[0];
}
