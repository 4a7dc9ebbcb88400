/**
 * Generated parts of the documentation: what stands between `<!-- generated NAME -->` and `<!-- end -->` is made by the
 * code it is about. `npm run docs` writes them, and `test/docs.test.ts` sees that what is committed is what would be written.
 */
import { configurationKeys } from "./configuration.ts";
import { exampleComment } from "./example-comment.ts";
import { metricTable } from "./metrics.ts";
import { environmentVariables } from "./variables.ts";
import { buttonTable, commandTable, comparisonTable, effectTable, labelTable } from "./words.ts";

const PARTS: Readonly<Record<string, () => string | Promise<string>>> = {
  "configuration-keys": configurationKeys,
  "environment-variables": environmentVariables,
  "example-comment": exampleComment,
  buttons: buttonTable,
  commands: commandTable,
  comparisons: comparisonTable,
  effects: effectTable,
  labels: labelTable,
  metrics: metricTable,
};

export const PART_NAMES = Object.keys(PARTS);

const PART = /<!-- generated ([\w-]+) -->\n[\s\S]*?<!-- end -->/g;

/** @throws for a part that nobody makes */
export async function withParts(page: string): Promise<string> {
  let text = page;
  for (const [found, name = ""] of page.matchAll(PART)) {
    const make = PARTS[name];
    if (make === undefined) throw new Error(`there is no generated part ${name}`);
    const made = `<!-- generated ${name} -->\n\n${await make()}\n\n<!-- end -->`;
    text = text.replace(found, () => made);
  }
  return text;
}

export function partsOf(page: string): readonly string[] {
  return [...page.matchAll(PART)].map(([, name = ""]) => name);
}
