/**
 * Attributes of the kernel value itself that appeared, vanished or changed their type: `kernel.moduleMakeFlags`,
 * `kernel.target`. Consumers read them while evaluating, so a lost one is an evaluation error somewhere.
 *
 * An attribute that throws when it is evaluated has the type `error`: there and not there are different things.
 */
import type { PassthruChange } from "./check-result.ts";

/** Attribute → Nix type, as `builtins.typeOf` says it. */
type Passthru = Readonly<Record<string, string>>;

/** Sorted by name. */
export function comparePassthru(base: Passthru, head: Passthru): PassthruChange[] {
  const before = new Map(Object.entries(base));
  const after = new Map(Object.entries(head));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name) => {
    const types = { base: before.get(name) ?? null, head: after.get(name) ?? null };
    if (types.base === types.head) return [];
    const change = types.head === null ? "removed" : types.base === null ? "added" : "type";
    return [{ name, change, ...types } as const];
  });
}
