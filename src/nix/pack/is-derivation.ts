/**
 * Whether a text is a derivation whose inputs are all known. Any text may have a name that ends in `.drv`
 * (`builtins.toFile "x.drv" …`), and what goes into a pack is believed later.
 */
import type { StorePath } from "../../domain/evaluation.ts";
import { HASH_OFFSET, type HeadListener, scanHead } from "../../domain/graph/scan-head.ts";
import { parseDerivation } from "../../domain/parse-derivation.ts";

/** @param path of the text */
export function isDerivation(path: StorePath, text: Buffer, isKnown: (path: string) => boolean): boolean {
  let known = true;
  const listener: HeadListener = {
    output: () => undefined,
    input(nameAt) {
      const from = nameAt - HASH_OFFSET;
      known &&= isKnown(text.toString("latin1", from, text.indexOf(QUOTE, from)));
    },
  };
  if (scanHead(text, listener)) return known;
  try {
    return parseDerivation(path, text.toString("utf8")).inputDrvs.keys().every(isKnown);
  } catch {
    return false;
  }
}

const QUOTE = 0x22;
