/**
 * Types stripped by amaro, for a Node that was built without it, as Debian's is (`process.features.typescript` is false there).
 * Amaro is what Node itself uses, so both run the same code; its own `amaro/strip` needs a Node that knows `.ts` files.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { transformSync } from "amaro";

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, "utf8"), { mode: "strip-only", filename });
    return { format: "module", source: `${code}\n\n//# sourceURL=${url}`, shortCircuit: true };
  },
});
