/** One line about the branch a change belongs on; nothing where it is right where it is. */
import type { BranchAdvice } from "../domain/check-result.ts";
import { plural } from "../domain/size-words.ts";
import { code, join, type Phrase } from "./document.ts";
import { BRANCH_ADVICE } from "./words.ts";

export function branchWords({
  advice,
  base,
  branches,
  rebuilds,
  predicted,
  missing,
}: BranchAdvice): Phrase | undefined {
  const what = BRANCH_ADVICE[advice];
  switch (advice) {
    case "keep":
      return undefined;
    case "unknown":
      return [`${what} (not counted: ${missing.join(", ")})`];
    default: {
      const least = missing.length === 0 ? "" : "at least ";
      const count = rebuilds === null ? "" : `, ${least}${plural(rebuilds, "rebuild")}`;
      return [
        ...join(
          branches.map((branch) => [code(branch)]),
          " or ",
        ),
        " instead of ",
        code(base ?? "master"),
        `: ${what}${count}${predicted ? ", predicted" : ""}`,
      ];
    }
  }
}
