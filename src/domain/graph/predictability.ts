/**
 * Can a change be predicted from the kernels alone? Which attrs of head have to be looked at for it?
 *
 * Evaluating a few attrs says nothing about the others, unless the changed files can only matter to those few: recipes,
 * files in which attrs say they are written (`meta.position`), and files that are no Nix. Everything else, such as lib, stdenv and
 * the lists of all packages, may change anything; then nothing is guessed.
 */
import type { AttrPath, DrvPath, Evaluation } from "../evaluation.ts";

export interface PredictabilityFacts {
  readonly changed: readonly string[];
  /** Those of `changed` that are recipes. */
  readonly recipes: readonly string[];
  /** The file that is evaluated. */
  readonly entry: string;
  readonly base: Evaluation;
  readonly kernels: readonly AttrPath[];
}

export type Predictability =
  | { readonly possible: true; readonly seeds: readonly AttrPath[] }
  | { readonly possible: false; readonly reason: string };

/** Looking at one costs a fraction of a second; at this many, the whole evaluation is as quick. */
const MOST_SEEDS = 100;
const FILES_NAMED = 3;

export function predictability(facts: PredictabilityFacts): Predictability {
  const recipes = new Set(facts.recipes);
  const positions = attrsByFile(facts.base);
  const unclear = facts.changed.filter(
    (file) => file === facts.entry || (!recipes.has(file) && isNix(file) && !positions.has(file)),
  );
  if (unclear.length > 0) return { possible: false, reason: mayMatterAnywhere(unclear) };
  const seeds = seedsOf(facts, positions);
  if (seeds.length > MOST_SEEDS)
    return {
      possible: false,
      reason: `${seeds.length} derivations are written where this change is: evaluating everything is as quick`,
    };
  return { possible: true, seeds };
}

function isNix(file: string): boolean {
  return file.endsWith(".nix");
}

function mayMatterAnywhere(files: readonly string[]): string {
  const named = files.slice(0, FILES_NAMED).join(", ");
  const rest = files.length - FILES_NAMED;
  const all = rest > 0 ? `${named} and ${rest} more files` : named;
  return `${all} may change any attribute`;
}

function attrsByFile(base: Evaluation): ReadonlyMap<string, readonly AttrPath[]> {
  const byFile = new Map<string, AttrPath[]>();
  for (const [attr, result] of base) {
    if (!result.ok || result.position === undefined) continue;
    const known = byFile.get(result.position.file);
    if (known === undefined) byFile.set(result.position.file, [attr]);
    else known.push(attr);
  }
  return byFile;
}

/** The kernels, and one attr for each derivation written in a changed file or beside a changed recipe. */
function seedsOf(
  { changed, recipes, base, kernels }: PredictabilityFacts,
  positions: ReadonlyMap<string, readonly AttrPath[]>,
): AttrPath[] {
  const directories = new Set(recipes.map(directoryOf));
  const touched = new Set(changed);
  const near = [...positions].flatMap(([file, attrs]) =>
    touched.has(file) || directories.has(directoryOf(file)) ? attrs : [],
  );
  const seeds = new Set(kernels.filter((attr) => base.get(attr)?.ok === true));
  const seen = new Set<DrvPath>();
  const take = (attr: AttrPath, always: boolean) => {
    const result = base.get(attr);
    if (result?.ok !== true) return;
    if (always || !seen.has(result.drv)) seeds.add(attr);
    seen.add(result.drv);
  };
  for (const attr of [...seeds]) take(attr, true);
  // Short names first: aliases of one derivation are many, and people know it by the shortest.
  for (const attr of near.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))) take(attr, false);
  return [...seeds].sort();
}

function directoryOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}
