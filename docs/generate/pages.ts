/** Which files are documentation. */
import { globSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** Markdown that people read, relative to the root; goldens and dependencies are none. */
export function pages(): readonly string[] {
  return ["*.md", "docs/**/*.md", "bench/**/*.md", "test/**/*.md", ".github/**/*.md"]
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .filter((page) => !page.includes("/golden/"))
    .sort();
}
