/** JSON Schema of the configuration as written, for editors: `modprobot schema configuration`. */
import { z } from "zod";
import { CONFIG_SCHEMA } from "./schema.ts";

/** https://json-schema.org/draft/2020-12/schema. What only `rules.ts` knows is not in it. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(CONFIG_SCHEMA, { io: "input" });
  return { $schema, title: "modprobot configuration (.github/modprobot.yml)", ...schema };
}
