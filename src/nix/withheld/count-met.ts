/**
 * Which attributes need a withheld file, by how often one was met while they were looked at.
 *
 * A withheld file throws. Mostly that reaches the walker, which then tries the same once more: it fails again, by meeting the
 * file again, since Nix keeps nothing of what failed. Such an attribute needs the file, and nothing else knows of it.
 *
 * A package set may catch what the file throws, with a `tryEval` of its own, and go on with what it makes of that. Then
 * something succeeds although a file was met, or fails the second time without meeting it; and whatever is evaluated
 * afterwards may use that. So the evaluator is misled, and has to be ended.
 */
import type { WithheldWord } from "../walk-output.ts";

export type Need = "none" | "needed" | "misled";

export interface MetCounter {
  heard(word: WithheldWord): void;
  /** Of what the walker says now, something else than such a word. */
  need(): Need;
}

export function countMet(): MetCounter {
  let [met, first] = [0, 0];
  let need: Need = "none";
  return {
    heard(word) {
      if (word === "met") met += 1;
      else if (word === "tried") [first, met] = [met, 0];
      else if (word === "again") {
        const isThrough = first === 1 && met === 1;
        if (!isThrough && first + met > 0) need = "misled";
        else if (isThrough && need === "none") need = "needed";
        met = 0;
      }
      // All were met, one after the other, to be read.
      else met = 0;
    },
    need() {
      const judged = met > 0 ? "misled" : need;
      [met, need] = [0, "none"];
      return judged;
    },
  };
}
