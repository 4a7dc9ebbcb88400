/** `npm run docs`: writes the generated parts of all pages (`parts.ts`). */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stderr } from "node:process";
import { pages, ROOT } from "./pages.ts";
import { withParts } from "./parts.ts";

for (const page of pages()) {
  const file = join(ROOT, page);
  const now = await readFile(file, "utf8");
  const made = await withParts(now);
  if (made === now) continue;
  await writeFile(file, made);
  stderr.write(`docs: wrote ${page}\n`);
}
