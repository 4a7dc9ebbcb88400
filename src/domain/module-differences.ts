/**
 * What became of each module: added, gone, part of the image now, compressed otherwise, with fewer parameters.
 *
 * What trips people up: a module that turned builtin is not gone, `modprobe` of it still succeeds; a module under
 * another suffix is the same module for modprobe and another file for whoever names it. Directories are not
 * compared: modules move between them in every release and nobody can tell.
 */
import type { ModulesDifference } from "./check-result.ts";
import type { KernelFacts, ModuleFacts } from "./kernel-facts.ts";

/** A side is undefined where it was not built; then numbers of it are `null`, and nothing is called added or removed. */
export function compareModules(
  base: KernelFacts | undefined,
  head: KernelFacts | undefined,
): ModulesDifference {
  const counts = { base: base?.modules.length ?? null, head: head?.modules.length ?? null };
  const tree = head === undefined ? [] : moduleTree(head.modules);
  if (base === undefined || head === undefined) {
    return { ...counts, added: [], removed: [], builtin: [], recompressed: [], parametersRemoved: [], tree };
  }
  const before = byName(base.modules);
  const after = byName(head.modules);
  const builtinAtHead = new Set(head.builtin);
  const gone = [...before.keys()].filter((name) => !after.has(name));
  const pairs = [...before].flatMap(([name, module]) => {
    const other = after.get(name);
    return other === undefined ? [] : [{ name, base: module, head: other }];
  });
  return {
    ...counts,
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: gone.filter((name) => !builtinAtHead.has(name)),
    builtin: gone.filter((name) => builtinAtHead.has(name)),
    recompressed: pairs
      .filter((pair) => pair.base.compression !== pair.head.compression)
      .map((pair) => ({ name: pair.name, base: pair.base.compression, head: pair.head.compression })),
    parametersRemoved: pairs.flatMap(parametersGone),
    tree,
  };
}

/** Sorted by name; of several files with one name the last counts, as in modprobe's own index. */
function byName(modules: readonly ModuleFacts[]): ReadonlyMap<string, ModuleFacts> {
  const sorted = modules.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return new Map(sorted.map((module) => [module.name, module]));
}

/** Parameters that could not be read on either side are unknown, not gone. */
function parametersGone({ name, base, head }: { name: string; base: ModuleFacts; head: ModuleFacts }) {
  if (base.parameters === undefined || head.parameters === undefined) return [];
  const left = new Set(head.parameters);
  const parameters = base.parameters.filter((parameter) => !left.has(parameter));
  return parameters.length === 0 ? [] : [{ name, parameters }];
}

function moduleTree(modules: readonly ModuleFacts[]): ModulesDifference["tree"] {
  const groups = Map.groupBy(modules, ({ path }) => treeDirectory(path));
  return [...groups]
    .map(([directory, group]) => ({
      directory,
      modules: group.length,
      bytes: group.reduce((sum, { size }) => sum + size, 0),
    }))
    .sort((a, b) => (a.directory < b.directory ? -1 : 1));
}

/** `kernel/drivers/net/ethernet/x.ko` → `drivers/net`; out-of-tree places (`extra`, `updates`) keep their own name. */
function treeDirectory(path: string): string {
  const directories = path.split("/").slice(0, -1);
  const below = directories[0] === "kernel" ? directories.slice(1) : directories;
  return below.slice(0, 2).join("/") || ".";
}
