/**
 * Which files of a modules tree does modprobe need to load the named modules?
 *
 * Read from depmod's text indexes, as modprobe reads their binary twins: `modules.dep` (hard dependencies),
 * `modules.softdep` (wanted before or after, not needed), `modules.alias` for exact aliases such as
 * `crypto-crc32c`. Patterns in aliases are for hardware, which a guest without devices does not have.
 * Names that no index knows are no error here: the guest's own modprobe is the one to say so.
 *
 * Pure; the texts come from a pull request, so paths are checked by whoever opens them.
 */

export interface ModuleIndexes {
  readonly dep: string;
  readonly softdep: string;
  readonly alias: string;
}

/** Paths below `lib/modules/<version>`, sorted, each once. */
export function moduleFilesNeeded(names: readonly string[], indexes: ModuleIndexes): string[] {
  const dependencies = readDependencies(indexes.dep);
  const aliases = readAliases(indexes.alias);
  const soft = readSoftDependencies(indexes.softdep);
  const files = new Set<string>();
  const visited = new Set<string>();
  const open = names.map(moduleName);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (visited.has(name)) continue;
    visited.add(name);
    const paths = dependencies.get(name) ?? [];
    for (const path of paths) files.add(path);
    open.push(...(aliases.get(name) ?? []), ...(soft.get(name) ?? []), ...paths.map(nameOfFile));
  }
  return [...files].sort();
}

/** As modprobe compares names: `-` and `_` are the same. */
function moduleName(text: string): string {
  return text.replaceAll("-", "_");
}

function nameOfFile(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return moduleName(file.replace(/\.ko(?:\.[a-z0-9]{1,8})?$/, ""));
}

/** `kernel/fs/xfs/xfs.ko: kernel/lib/libcrc32c.ko` → xfs → both. */
function readDependencies(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const path = line.slice(0, colon);
    found.set(nameOfFile(path), [
      path,
      ...line
        .slice(colon + 1)
        .split(" ")
        .filter(Boolean),
    ]);
  }
  return found;
}

/** `alias crypto-crc32c crc32c_generic`; one alias may stand for several modules. */
function readAliases(text: string): Map<string, string[]> {
  return collect(text, /^alias ([\w-]{1,100}) ([\w-]{1,100})$/, ([, alias = "", module = ""]) => [
    alias,
    [module],
  ]);
}

/** `softdep btrfs pre: xxhash64 post: x`, with or without the words before the colon. */
function readSoftDependencies(text: string): Map<string, string[]> {
  return collect(text, /^softdep ([\w-]{1,100}) (.{1,2000})$/, ([, module = "", wanted = ""]) => [
    module,
    wanted.split(/\s+/).filter((word) => word !== "" && !word.endsWith(":")),
  ]);
}

function collect(
  text: string,
  pattern: RegExp,
  entry: (match: RegExpExecArray) => readonly [string, readonly string[]],
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const match = pattern.exec(line);
    if (match === null) continue;
    const [key, values] = entry(match);
    const name = moduleName(key);
    found.set(name, [...(found.get(name) ?? []), ...values.map(moduleName)]);
  }
  return found;
}
