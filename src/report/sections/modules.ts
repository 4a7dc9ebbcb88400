/** Modules, final configuration and passthru attributes: what differs, per kernel. */
import type { ConfigChange, KernelResult, PassthruChange } from "../../domain/check-result.ts";
import { plural } from "../../domain/size-words.ts";
import {
  type Block,
  code,
  cutItems,
  join,
  nameList,
  type Phrase,
  type SectionMaker,
  strong,
} from "../document.ts";

export const modulesSection: SectionMaker = (result, listed) => {
  const blocks = result.kernels.flatMap((kernel) => kernelBlocks(kernel, listed));
  if (blocks.length === 0) return undefined;
  return { id: "modules", title: "Modules, configuration, passthru", folded: true, blocks };
};

function kernelBlocks(kernel: KernelResult, listed: number): readonly Block[] {
  const items = [
    ...moduleItems(kernel, listed),
    ...configItems(kernel.config, listed),
    ...passthruItems(kernel.passthru, listed),
  ];
  if (items.length === 0) return [];
  return [
    { kind: "paragraph", content: [strong(code(kernel.attr)), ` (${kernel.system})`] },
    { kind: "list", items },
  ];
}

function moduleItems({ modules }: KernelResult, listed: number): readonly Phrase[] {
  const named = (names: readonly string[], words: string): readonly Phrase[] =>
    names.length === 0 ? [] : [[`${plural(names.length, "module")} ${words}: `, ...nameList(names, listed)]];
  const recompressed = modules.recompressed.map(
    ({ name, base, head }): Phrase => [code(name), ` ${base} → ${head}`],
  );
  const parameters = modules.parametersRemoved.map(
    ({ name, parameters: gone }): Phrase => [code(name), " ", ...nameList(gone, listed)],
  );
  return [
    ...named(modules.removed, "gone"),
    ...named(modules.builtin, "now part of the image"),
    ...named(modules.added, "new"),
    ...joined(recompressed, "Compression changed", listed),
    ...joined(parameters, "Parameters gone", listed),
  ];
}

function configItems(changes: readonly ConfigChange[], listed: number): readonly Phrase[] {
  const told = changes.map(
    ({ option, base, head }): Phrase => [code(option), ` ${base ?? "not set"} → ${head ?? "not set"}`],
  );
  return joined(told, plural(changes.length, "option changed", "options changed"), listed);
}

const PASSTHRU_WORDS = {
  removed: "gone",
  added: "new",
  type: "changed type",
} as const satisfies Record<PassthruChange["change"], string>;

function passthruItems(changes: readonly PassthruChange[], listed: number): readonly Phrase[] {
  const told = changes.map(({ name, change, base, head }): Phrase => {
    const types = change === "type" ? ` (${base ?? "?"} → ${head ?? "?"})` : "";
    return [code(name), ` ${PASSTHRU_WORDS[change]}${types}`];
  });
  return joined(told, "Passthru", listed);
}

function joined(parts: readonly Phrase[], label: string, listed: number): readonly Phrase[] {
  return parts.length === 0 ? [] : [[`${label}: `, ...join(cutItems(parts, listed), ", ")]];
}
