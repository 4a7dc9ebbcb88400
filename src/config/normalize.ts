/** Written → normalised: short forms become long ones, sizes become bytes. No decisions beyond that. */

import type { MemoryBudget } from "../domain/memory-budget.ts";
import { DEFAULT_MODPROBE } from "../domain/modprobe-defaults.ts";
import type { SizeLimit } from "../domain/size-limits.ts";
import type { ModprobeRequest } from "../domain/vm.ts";
import { InternalError } from "../errors.ts";
import type { Config, ConfigKey, ConsumersConfig } from "./normalized.ts";
import type { WrittenConfig } from "./schema.ts";
import { parseMemoryBudget, parseSize, parseSizeLimit } from "./units.ts";

export function normalizeConfig(written: WrittenConfig, keys: ReadonlySet<ConfigKey>): Config {
  return {
    ...written,
    modprobe: written.modprobe === undefined ? DEFAULT_MODPROBE : written.modprobe.map(normalizeModule),
    consumers: normalizeConsumers(written.consumers),
    sizes: Object.fromEntries(
      Object.entries(written.sizes).map(([output, limits]) => [output, [limits].flat().map(checkedLimit)]),
    ),
    limits: {
      ...written.limits,
      evaluation: checkedBudget(written.limits.evaluation),
      logBytes: checkedSize(written.limits.logBytes),
      vmMemory: Math.floor(checkedSize(written.limits.vmMemory) / 2 ** 20),
    },
    written: keys,
  };
}

function normalizeConsumers(written: WrittenConfig["consumers"]): ConsumersConfig {
  return written === "auto" ? { auto: true, attrs: [], repositories: [] } : written;
}

/** `loop max_loop=4` → module and options. The schema has seen to the form. */
function normalizeModule(written: NonNullable<WrittenConfig["modprobe"]>[number]): ModprobeRequest {
  if (typeof written !== "string") return written;
  const [module = "", ...options] = written.split(" ");
  const pairs = options.map((option) => {
    const equals = option.indexOf("=");
    return [option.slice(0, equals), option.slice(equals + 1)] as const;
  });
  return { module, options: Object.fromEntries(pairs) };
}

function checkedSize(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InternalError(`the schema let a size through that is none: ${text}`);
  return bytes;
}

function checkedBudget(text: string): MemoryBudget {
  const budget = parseMemoryBudget(text);
  if (budget === undefined)
    throw new InternalError(`the schema let a memory budget through that is none: ${text}`);
  return budget;
}

function checkedLimit(text: string): SizeLimit {
  const limit = parseSizeLimit(text);
  if (limit === undefined)
    throw new InternalError(`the schema let a size limit through that is none: ${text}`);
  return limit;
}
