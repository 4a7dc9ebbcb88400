/**
 * What a consumer that builds on both sides has lost inside: modules, targets of links, paths its scripts name.
 *
 * What trips people up: store paths differ between any base and head, so everything is compared by place, with
 * store hash and kernel version left out. And not every loss is the consumer's: a tree that holds all modules of a
 * kernel has one fewer when the kernel has; that is said about the kernel, once.
 */
import { abstractVersion } from "./abstract-version.ts";
import type { ConsumerContents } from "./consumer-contents.ts";
import type { KernelFacts } from "./kernel-facts.ts";

export interface KernelModules {
  readonly base: KernelFacts;
  readonly head: KernelFacts;
}

export interface LostTreePath {
  readonly path: string;
  /** A path that head does have, and that is the same thing as far as names can tell. */
  readonly instead?: string;
}

export interface ContentsDifference {
  readonly modules: { readonly base: number; readonly head: number };
  /** Modules inside at base, not inside at head, and not explained by the kernel itself. Sorted. */
  readonly missing: readonly string[];
  /** Links with a target at base and without at head. */
  readonly dangling: readonly { readonly path: string; readonly target: string }[];
  /** Store paths that texts inside name, there at base and not at head. */
  readonly gone: readonly { readonly path: string; readonly inFile: string; readonly line: number }[];
  /** Paths of the tree that base has and head has not, version abstracted, sorted. */
  readonly lost: readonly LostTreePath[];
  readonly closureGrowth: { readonly base: number; readonly head: number };
}

/** All outputs of one consumer on one side, together. */
export function compareContents(
  base: readonly ConsumerContents[],
  head: readonly ConsumerContents[],
  kernels: readonly KernelModules[],
): ContentsDifference {
  const versions = kernels.flatMap((kernel) => [kernel.head.modDirVersion, kernel.base.modDirVersion]);
  const place = (path: string) => versions.reduce<string>(abstractVersion, path);
  const before = modulesIn(base);
  const after = modulesIn(head);
  return {
    modules: { base: before.size, head: after.size },
    missing: [...before].filter((name) => !after.has(name) && !isExplained(name, before, kernels)).sort(),
    dangling: newlyDangling(base, head, place),
    gone: newlyGone(base, head, place),
    lost: lostFromListing(base, head, place),
    closureGrowth: { base: closureSize(base), head: closureSize(head) },
  };
}

/** Why nothing can be said about a side's counts; undefined when they are complete. */
export function incompleteness(contents: readonly ConsumerContents[]): string | undefined {
  return contents.find(({ incomplete }) => incomplete !== undefined)?.incomplete;
}

const modulesIn = (contents: readonly ConsumerContents[]) =>
  new Set(contents.flatMap(({ modules }) => modules));
const closureSize = (contents: readonly ConsumerContents[]) =>
  contents.reduce((largest, contents) => Math.max(largest, contents.closureSize), 0);

/**
 * A module that is part of the image now is not missing from anything. One that the kernel no longer has is missing
 * from a consumer that picked it, and not from one that takes whatever the kernel has.
 */
function isExplained(name: string, inside: ReadonlySet<string>, kernels: readonly KernelModules[]): boolean {
  return kernels.some(({ base, head }) => {
    if (!base.modules.some((module) => module.name === name)) return false;
    if (head.modules.some((module) => module.name === name)) return false;
    return head.builtin.includes(name) || base.modules.every((module) => inside.has(module.name));
  });
}

type Place = (path: string) => string;

function newlyDangling(base: readonly ConsumerContents[], head: readonly ConsumerContents[], place: Place) {
  const dangledBefore = new Set(base.flatMap(({ dangling }) => dangling.map(({ path }) => place(path))));
  const there = new Set(base.flatMap(({ listing }) => listing.map(place)));
  return head
    .flatMap(({ dangling }) => dangling)
    .filter(({ path }) => !dangledBefore.has(place(path)) && there.has(place(path)));
}

/** `/nix/store/<hash>-<name>/lib/modules` → `lib/modules`: the name may carry the version or the output. */
const belowStorePath = (path: string) => path.split("/").slice(4).join("/");

function newlyGone(base: readonly ConsumerContents[], head: readonly ConsumerContents[], place: Place) {
  const key = ({ path, inFile }: { readonly path: string; readonly inFile: string }) =>
    `${place(inFile)}\0${place(belowStorePath(path))}`;
  const workedBefore = new Set(
    base.flatMap(({ named }) => named.filter(({ exists }) => exists).map((found) => key(found))),
  );
  return head
    .flatMap(({ named }) => named)
    .filter((found) => !found.exists && workedBefore.has(key(found)))
    .map(({ path, inFile, line }) => ({ path, inFile, line }));
}

function lostFromListing(
  base: readonly ConsumerContents[],
  head: readonly ConsumerContents[],
  place: Place,
): readonly LostTreePath[] {
  const left = new Set(head.flatMap(({ listing }) => listing.map(place)));
  const before = new Set(base.flatMap(({ listing }) => listing.map(place)));
  const lost = [...before].filter((path) => !left.has(path)).sort();
  if (lost.length === 0) return [];
  const shallowest = byBaseName(left);
  return lost.map((path) => {
    const instead =
      shallowest.get(baseName(path)) ?? (isImage(path) && left.has("kernel") ? "kernel" : undefined);
    return { path, ...(instead === undefined ? {} : { instead }) };
  });
}

const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** A system's tree has the image under the name `kernel`, whatever the architecture calls it. */
const isImage = (path: string) => /(?:^|\/)(?:bzImage|zImage|Image|vmlinuz|vmlinux)$/.test(path);

function byBaseName(paths: Iterable<string>): ReadonlyMap<string, string> {
  const shallowest = new Map<string, string>();
  for (const path of [...paths].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))) {
    if (!shallowest.has(baseName(path))) shallowest.set(baseName(path), path);
  }
  return shallowest;
}
