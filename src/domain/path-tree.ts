/**
 * The files of one output as a tree of names, with the kernel version abstracted, to be asked for paths and globs.
 *
 * What trips people up: a path may lead through a link. A link that stays in its output is followed; one that
 * leaves it counts as there, whatever is asked below it, because what is behind it is not this output's to say.
 *
 * All questions take time in the length of the question times the matches: patterns come from a pull request.
 */
import { abstractVersion } from "./abstract-version.ts";
import type { OutputFacts } from "./output-facts.ts";

export interface PathNode {
  readonly children: Map<string, PathNode>;
  /** Of a link, as written; undefined for files and directories. */
  target: string | undefined;
  /** A file or a link, not a directory. */
  isLeaf: boolean;
}

export interface PathTree {
  readonly root: PathNode;
  /** Store path of the output; absolute links below it are followed. */
  readonly path: string;
  readonly modDirVersion: string | undefined;
}

const newNode = (): PathNode => ({ children: new Map(), target: undefined, isLeaf: false });

/** Links on a way before it is taken for a loop; the kernel gives up after 40, a store needs two or three. */
const LINK_LIMIT = 8;

export function buildPathTree(facts: OutputFacts, modDirVersion: string | undefined): PathTree {
  const root = newNode();
  for (const entry of facts.files) {
    const node = makeNode(root, segmentsOf(abstractVersion(entry.path, modDirVersion)));
    node.isLeaf = entry.type !== "directory";
    if (entry.type === "link") node.target = entry.target ?? "";
  }
  return { root, path: facts.path, modDirVersion };
}

function makeNode(root: PathNode, segments: readonly string[]): PathNode {
  let node = root;
  for (const segment of segments) {
    let child = node.children.get(segment);
    if (child === undefined) {
      child = newNode();
      node.children.set(segment, child);
    }
    node = child;
  }
  return node;
}

export function segmentsOf(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "" && segment !== ".");
}

/** True where the path, or anything matching it when it has `*` or `?`, is there. Never true for one with `..`. */
export function hasPath(tree: PathTree, path: string): boolean {
  return findNodes(tree, path).length > 0;
}

/** Nodes at a path or pattern. A link that leaves the output is its own answer for everything below it. */
export function findNodes(tree: PathTree, path: string): readonly PathNode[] {
  return findPlaces(tree, path, LINK_LIMIT).map(({ node }) => node);
}

interface Place {
  readonly node: PathNode;
  /** Its path, for links relative to it. */
  readonly at: string;
}

function findPlaces(tree: PathTree, path: string, linksLeft: number): readonly Place[] {
  const segments = segmentsOf(abstractVersion(path, tree.modDirVersion));
  if (segments.includes("..")) return [];
  let found: readonly Place[] = [{ node: tree.root, at: "" }];
  for (const segment of segments) {
    found = found.flatMap((place) => {
      const directories = followLink(tree, place, linksLeft);
      return directories.flatMap((directory) =>
        directory.node.target === undefined ? childPlaces(directory, segment) : [directory],
      );
    });
  }
  return found;
}

/** What a place is behind all its links: no link, or one that leaves the output. Nothing where it goes nowhere or round. */
function followLink(tree: PathTree, place: Place, linksLeft: number): readonly Place[] {
  const { target } = place.node;
  if (target === undefined) return [place];
  if (linksLeft === 0) return [];
  const destination = linkDestination(tree, place.at, target);
  if (destination === undefined) return [place];
  const found = findPlaces(tree, destination, linksLeft - 1);
  return found.flatMap((next) => followLink(tree, next, linksLeft - 1));
}

/** Below the output; undefined where the link leaves it. */
function linkDestination(tree: PathTree, at: string, target: string): string | undefined {
  // A name with a star in it is legal, and asking for it as a pattern would multiply with each link.
  if (/[*?]/.test(target)) return undefined;
  if (!target.startsWith("/"))
    return resolveSegments([...segmentsOf(at).slice(0, -1), ...segmentsOf(target)]);
  return target.startsWith(`${tree.path}/`) ? target.slice(tree.path.length) : undefined;
}

/** Undefined where `..` leaves the output. */
function resolveSegments(segments: readonly string[]): string | undefined {
  const resolved: string[] = [];
  for (const segment of segments) {
    if (segment !== "..") resolved.push(segment);
    else if (resolved.pop() === undefined) return undefined;
  }
  return resolved.join("/");
}

function childPlaces({ node, at }: Place, segment: string): readonly Place[] {
  if (segment.includes("*") || segment.includes("?")) {
    const matching = [...node.children].filter(([name]) => matchesGlob(segment, name));
    return matching.map(([name, child]) => ({ node: child, at: `${at}/${name}` }));
  }
  const child = node.children.get(segment);
  return child === undefined ? [] : [{ node: child, at: `${at}/${segment}` }];
}

/** `*` and `?` within one name, in time linear in the name for each star. */
export function matchesGlob(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === "*") {
      star = p;
      resume = n;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[n])) {
      p += 1;
      n += 1;
    } else if (star !== -1) {
      resume += 1;
      n = resume;
      p = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}

/** Paths of all files and links at or below a node, each beginning with `prefix`, sorted. */
export function leavesBelow(node: PathNode, prefix: string): readonly string[] {
  const leaves: string[] = [];
  const pending: [PathNode, string][] = [[node, prefix]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [at, path] = next;
    if (at.isLeaf) leaves.push(path);
    for (const [name, child] of at.children) pending.push([child, path === "" ? name : `${path}/${name}`]);
  }
  return leaves.sort();
}

/** Paths of all files and links at or below a path or pattern, sorted. */
export function leavesAt(tree: PathTree, path: string): readonly string[] {
  const places = findPlaces(tree, path, LINK_LIMIT);
  return places.flatMap(({ node, at }) => leavesBelow(node, at.slice(1))).sort();
}
