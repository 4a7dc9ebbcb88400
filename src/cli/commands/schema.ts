/** `modprobot schema`: JSON Schemas of the report and of the configuration, for editors and other programs. */
import { Argument, Command } from "commander";
import { configJsonSchema } from "../../config/json-schema.ts";
import { reportJsonSchema } from "../../report/schema.ts";
import type { CommandContext } from "../command-context.ts";

export function schemaCommand({ io }: CommandContext): Command {
  return new Command("schema")
    .description("print the JSON Schema of the report, of the configuration, or both in one object")
    .addArgument(new Argument("[which]", "which schema").choices(["report", "configuration"]))
    .action((which: "report" | "configuration" | undefined) => {
      const schemas = { configuration: configJsonSchema(), report: reportJsonSchema() };
      io.stdout.write(`${JSON.stringify(which === undefined ? schemas : schemas[which], null, 2)}\n`);
    });
}
