/** Payloads of GitHub's own collection. */
import { createRequire } from "node:module";

interface ExampleFile {
  readonly name: string;
  readonly examples: readonly object[];
}

/** Every payload GitHub's own collection has, by event. */
export const EXAMPLES: readonly ExampleFile[] = createRequire(import.meta.url)(
  "@octokit/webhooks-examples",
) as { default?: readonly ExampleFile[] } & ExampleFile[];

export function example(event: string): string {
  const found = EXAMPLES.find(({ name }) => name === event)?.examples[0];
  if (found === undefined) throw new Error(`no example of ${event}`);
  return JSON.stringify(found);
}

export const PULL_REQUEST = example("pull_request");
