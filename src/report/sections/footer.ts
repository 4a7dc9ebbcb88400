/** Last line of every rendering: what was compared, and how long it took. The only place for stages' times. */
import type { CheckResult } from "../../domain/check-result.ts";
import { formatSeconds } from "../../domain/size-words.ts";
import { code, type Phrase } from "../document.ts";

export function footer({ base, head, stages }: CheckResult): Phrase {
  const total = stages.reduce((sum, stage) => sum + stage.seconds, 0);
  const slow = stages
    .filter((stage) => stage.seconds >= 1)
    .map((stage) => `${stage.stage} ${formatSeconds(stage.seconds)}`);
  const parts = slow.length < 2 ? "" : ` (${slow.join(", ")})`;
  return [
    // On a pull request what is compared is its test merge: neither commit is what people call its head.
    "Compared ",
    code(base.slice(0, 12)),
    " with ",
    code(head.slice(0, 12)),
    ` in ${formatSeconds(total)}${parts}.`,
  ];
}
