/**
 * Can a change be predicted from a few attrs? Which ones have to be looked at for it?
 *
 * Evaluating a few attrs says nothing about the others, unless the changed files can only matter to those few: recipes, files
 * in which attrs say they are written (`meta.position`) and what lies beside these. Everything else, such as lib, stdenv and
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
  /** Of the configuration. One that base does not have may be new at head, and is looked at as well. */
  readonly kernels: readonly AttrPath[];
}

export type Predictability =
  | { readonly possible: true; readonly seeds: readonly AttrPath[] }
  | { readonly possible: false; readonly reason: string };

/** So many are looked at in a second or two. */
const FEW_SEEDS = 100;
/** Of all attrs: of a set so large that it takes far longer than they do. */
const FEW_SHARE = 0.02;
const FILES_NAMED = 3;

/** What all of a package set is made with, or made of, in nixpkgs and the many package sets that are laid out like it. */
const SHARED = new Set(["lib", "stdenv", "build-support", "top-level"]);
/** Read by people; one that lies beside a package may be part of its sources all the same. */
const DOCUMENT = /^(?:doc|docs|\.github)\/|\.(?:md|rst|adoc)$/;
/** A patch often lies in a directory of its own, below what it is for. */
const LEVELS_UP = 2;

export function predictability(facts: PredictabilityFacts): Predictability {
  const written = attrsByFile(facts.base);
  const directories = attrsByDirectory(written);
  const recipes = new Set(facts.recipes);
  const unclear: string[] = [];
  const near: AttrPath[] = [];
  for (const file of facts.changed) {
    const attrs = isShared(file, facts) ? undefined : attrsOf(file, recipes, written, directories);
    if (attrs === undefined) unclear.push(file);
    else near.push(...attrs);
  }
  if (unclear.length > 0) return { possible: false, reason: mayMatterAnywhere(unclear) };
  const seeds = seedsOf(facts, near);
  if (seeds.length > Math.max(FEW_SEEDS, FEW_SHARE * facts.base.size))
    return {
      possible: false,
      reason: `${seeds.length} derivations are written where this change is: evaluating everything is as quick`,
    };
  return { possible: true, seeds };
}

/** What all of a package set is made with: a change there leaves little as it was. */
const FOUNDATIONS = new Set(["lib", "stdenv", "build-support"]);

/** Whether it has to be expected that most attrs are rebuilt. */
export function mayRebuildMost(changed: readonly string[]): boolean {
  return changed.some((file) => directoriesOf(file).some((name) => FOUNDATIONS.has(name)));
}

const directoriesOf = (file: string) => file.split("/").slice(0, -1);

/** Whether a file may matter to any attr. */
export function isShared(file: string, { entry }: Pick<PredictabilityFacts, "entry">): boolean {
  return file === entry || directoriesOf(file).some((name) => SHARED.has(name));
}

/** The attrs that a changed file may matter to; undefined where that may be any. */
function attrsOf(
  file: string,
  recipes: ReadonlySet<string>,
  written: ReadonlyMap<string, readonly AttrPath[]>,
  directories: ReadonlyMap<string, readonly AttrPath[]>,
): readonly AttrPath[] | undefined {
  if (recipes.has(file)) return directories.get(directoryOf(file)) ?? [];
  if (file.endsWith(".nix")) return written.get(file);
  let directory = directoryOf(file);
  for (let up = 0; up <= LEVELS_UP && directory !== ""; up += 1) {
    const beside = directories.get(directory);
    if (beside !== undefined) return beside;
    directory = directoryOf(directory.slice(0, -1));
  }
  return DOCUMENT.test(file) ? [] : undefined;
}

function mayMatterAnywhere(files: readonly string[]): string {
  const named = files.slice(0, FILES_NAMED).join(", ");
  const rest = files.length - FILES_NAMED;
  const all = rest > 0 ? `${named} and ${rest} more ${rest === 1 ? "file" : "files"}` : named;
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

function attrsByDirectory(
  written: ReadonlyMap<string, readonly AttrPath[]>,
): ReadonlyMap<string, readonly AttrPath[]> {
  const byDirectory = new Map<string, AttrPath[]>();
  for (const [file, attrs] of written) {
    const known = byDirectory.get(directoryOf(file));
    if (known === undefined) byDirectory.set(directoryOf(file), [...attrs]);
    else known.push(...attrs);
  }
  return byDirectory;
}

/** All kernels, and one attr for each derivation among `near`. */
function seedsOf({ base, kernels }: PredictabilityFacts, near: readonly AttrPath[]): AttrPath[] {
  const seeds = new Set(kernels.filter((attr) => base.get(attr)?.ok !== false));
  const seen = new Set<DrvPath>();
  for (const attr of seeds) {
    const result = base.get(attr);
    if (result?.ok === true) seen.add(result.drv);
  }
  const isKernel = [...base].flatMap(([attr, result]) => (result.ok && result.kernel === true ? [attr] : []));
  // Short names first: aliases of one derivation are many, and people know it by the shortest.
  const byLength = [...near, ...isKernel].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  for (const attr of byLength) {
    const result = base.get(attr);
    if (result?.ok !== true || seen.has(result.drv)) continue;
    seen.add(result.drv);
    seeds.add(attr);
  }
  return [...seeds].sort();
}

/** With the slash at its end; empty for the top. */
function directoryOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}
