/**
 * The second order: what a consumer's own tree lost is a loss for whoever reads that tree.
 *
 * A system's tree may be rebuilt, hold all its modules, boot, and yet no longer have `kernel-modules/bzImage`. So
 * the paths that healthy trees lost are looked for in the texts of everything else. Trees that are broken themselves
 * are left out: they are to be repaired, and what they lost comes back.
 */
import type { ConsumerResult } from "./check-result.ts";
import type { LostTreePath } from "./compare-contents.ts";
import { writtenText } from "./consumer-references.ts";
import type { Derivation } from "./derivation.ts";
import { attrsByDerivation, directDependents, ownersOf } from "./derivation-graph.ts";
import type { AttrPath, Evaluation, StorePath, System } from "./evaluation.ts";
import type { JudgedConsumer } from "./judge-consumer.ts";
import { quoted } from "./plain-text.ts";
import { type SourceTree, sameFileInTree } from "./source-tree.ts";
import { findTextReferences, type TextReference } from "./text-references.ts";

export interface TreeLoss extends LostTreePath {
  /** The attr whose tree lost it. */
  readonly tree: AttrPath;
}

/** Every package has these; a path that begins with one says nothing about whose tree is meant. */
const EVERYWHERE = new Set([
  "bin",
  "etc",
  "include",
  "lib",
  "lib64",
  "libexec",
  "nix",
  "sbin",
  "share",
  "usr",
  "var",
]);

/** Paths worth asking for: in a healthy tree, more than one name, none of them a kernel version. Sorted, each once. */
export function treeLosses(consumers: readonly JudgedConsumer[]): readonly TreeLoss[] {
  const losses = new Map<string, TreeLoss>();
  const healthy = consumers.filter(({ result }) => result.comparison === "same-pass");
  for (const { result, lostPaths } of healthy.toSorted((a, b) => (a.result.name < b.result.name ? -1 : 1))) {
    for (const loss of lostPaths) {
      const [first = "", second] = loss.path.split("/");
      if (second === undefined || EVERYWHERE.has(first) || loss.path.includes("<")) continue;
      if (!losses.has(loss.path)) losses.set(loss.path, { ...loss, tree: result.name });
    }
  }
  return [...losses.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

export interface TreeReaders {
  readonly attrs: Evaluation;
  readonly derivations: ReadonlyMap<string, Derivation>;
  /** Sources of the store that are texts, as far as they were read (`searchedSources`). */
  readonly texts: ReadonlyMap<StorePath, string>;
  /** The checkout of head. */
  readonly tree: SourceTree;
  readonly system: System;
}

/** Text of no program: archives, patches to other people's sources, documentation. */
const NO_PROGRAM = /\.(?:adoc|bz2|diff|gz|html?|md|patch|pdf|png|rst|svg|tar|tgz|txt|xml|xz|zip|zst)$/;

/** Sources of derivations that may be programs: worth reading when there are tree losses. Sorted. */
export function searchedSources(derivations: ReadonlyMap<string, Derivation>): readonly StorePath[] {
  const sources = [...derivations.values()].flatMap(({ inputSrcs }) => inputSrcs);
  return [...new Set(sources)].filter((path) => !NO_PROGRAM.test(path)).sort();
}

/** Consumers that no derivation graph knows of. Sorted by name. */
export function treeConsumers(losses: readonly TreeLoss[], readers: TreeReaders): readonly ConsumerResult[] {
  if (losses.length === 0) return [];
  const inPackages = derivationReferences(losses, readers);
  const covered = new Set(inPackages.flatMap(({ file }) => file ?? []));
  const inSources = sourceReferences(losses, readers).filter(({ name }) => !covered.has(name));
  return [...inPackages, ...inSources].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function derivationReferences(losses: readonly TreeLoss[], readers: TreeReaders): readonly ConsumerResult[] {
  const { attrs, derivations, texts, tree } = readers;
  const byDrv = attrsByDerivation(attrs);
  const dependents = directDependents(derivations);
  const paths = losses.map(({ path }) => path);
  const foundIn = new Map<StorePath, readonly TextReference[]>();
  const consumers = new Map<AttrPath, ConsumerResult>();

  for (const derivation of derivations.values()) {
    const programs = [...textsOf(derivation)].flatMap(({ name, text }) => [
      { name, references: () => search(name, text) },
    ]);
    const sources = derivation.inputSrcs.map((name) => ({ name, references: () => searchSource(name) }));
    for (const { name, references } of [...programs, ...sources]) {
      const found = references();
      if (found.length === 0) continue;
      const file = sameFileInTree(tree, name, texts.get(name));
      for (const owner of ownersOf(derivation.path, byDrv, dependents)) {
        const [attr, ...aliases] = byDrv.get(owner.drv) ?? [];
        if (attr === undefined || consumers.has(attr)) continue;
        consumers.set(attr, {
          ...describe(found, losses, file ?? storeName(name)),
          name: attr,
          kind: "derivation",
          system: readers.system,
          aliases,
          ...placeOf(file, found),
        });
      }
    }
  }
  return [...consumers.values()];

  function search(name: string, text: string): readonly TextReference[] {
    return findTextReferences(paths, { fileName: name, text });
  }
  function searchSource(path: StorePath): readonly TextReference[] {
    const known = foundIn.get(path) ?? search(path, texts.get(path) ?? "");
    foundIn.set(path, known);
    return known;
  }
}

function placeOf(file: string | undefined, [first]: readonly TextReference[]) {
  return file === undefined || first === undefined ? {} : { file, line: first.line };
}

/** Texts that a derivation carries itself: what it writes, and its scripts. */
function* textsOf(derivation: Derivation): Generator<{ readonly name: string; readonly text: string }> {
  const text = writtenText(derivation);
  if (text !== undefined) yield { name: derivation.name, text };
  for (const [name, value] of Object.entries(derivation.env)) {
    if (name !== "text" && value.includes("\n")) yield { name: `${derivation.name}: ${name}`, text: value };
  }
}

function sourceReferences(losses: readonly TreeLoss[], { tree }: TreeReaders): readonly ConsumerResult[] {
  const paths = losses.map(({ path }) => path);
  return tree.files
    .filter((file) => !NO_PROGRAM.test(file))
    .flatMap((file) => {
      const found = findTextReferences(paths, { fileName: file, text: tree.read(file) ?? "" });
      if (found.length === 0) return [];
      return [
        {
          ...describe(found, losses, file),
          name: file,
          kind: "source" as const,
          system: null,
          aliases: [],
          ...placeOf(file, found),
        },
      ];
    });
}

function describe(found: readonly TextReference[], losses: readonly TreeLoss[], place: string) {
  const paths = found.map(({ path }) => path);
  const loss = losses.find(({ path }) => path === paths[0]);
  const tree = loss === undefined ? "a tree" : quoted(loss.tree);
  const advice =
    loss?.instead === undefined
      ? undefined
      : `read \`${loss.instead}\` of the same tree, which is there on both sides`;
  return {
    comparison: "regressed" as const,
    effect: "boot" as const,
    outputs: [],
    paths,
    reference: `reads \`${paths[0]}\` below a tree like ${tree}, which no longer has it`,
    evidence: found.map(({ line, text }) => `${place}:${line}: ${text}`),
    ...(advice === undefined ? {} : { advice }),
    silent: true,
  };
}

const storeName = (path: string) => (path.startsWith("/") ? path.slice(path.lastIndexOf("/") + 34) : path);
