/**
 * Options of the final kernel configuration that differ.
 *
 * Final, because what a recipe asks for is not what it gets: kconfig drops an option whose dependencies are not
 * met without a word. `null` stands for "not set".
 */
import type { ConfigChange } from "./check-result.ts";

type KernelConfig = Readonly<Record<string, string>>;

/** What the build writes about itself; it differs between any two builds and means nothing to a consumer. */
const ABOUT_THE_BUILD = /^CONFIG_(CC|LD|AS|GCC|CLANG|LLD|PAHOLE|RUSTC|BINDGEN)_.*VERSION|^CONFIG_BUILD_SALT$/;

/** Sorted by option. Empty where either configuration was not found: unknown is no difference. */
export function compareConfigs(
  base: KernelConfig | undefined,
  head: KernelConfig | undefined,
): ConfigChange[] {
  if (base === undefined || head === undefined) return [];
  const before = new Map(Object.entries(base));
  const after = new Map(Object.entries(head));
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((option) => !ABOUT_THE_BUILD.test(option))
    .sort()
    .map((option) => ({ option, base: before.get(option) ?? null, head: after.get(option) ?? null }))
    .filter((change) => change.base !== change.head);
}
