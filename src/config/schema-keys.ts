/** Which keys a mapping of the configuration may have, read off its JSON Schema, so that no list is kept twice. */
import { z } from "zod";
import { configJsonSchema } from "./json-schema.ts";
import type { DataPath } from "./yaml-document.ts";

const node = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
});

/** Undefined where any key may stand, or none at all. */
export function knownKeys(path: DataPath): readonly string[] | undefined {
  let forms: unknown[] = [configJsonSchema()];
  for (const step of path) {
    forms = forms.flatMap(alternatives).flatMap((form) => {
      const parsed = node.parse(form);
      return typeof step === "number"
        ? [parsed.items ?? []].flat()
        : [parsed.properties?.[step] ?? []].flat();
    });
  }
  const keys = forms.flatMap(alternatives).flatMap((form) => Object.keys(node.parse(form).properties ?? {}));
  return keys.length === 0 ? undefined : keys;
}

function alternatives(form: unknown): unknown[] {
  return node.parse(form).anyOf ?? [form];
}
