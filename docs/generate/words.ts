/** Tables of what the App says, from the code that says it. */
import { defaultConfig } from "../../src/config/config.ts";
import { BUTTON_COMMANDS } from "../../src/domain/command-policy.ts";
import { OWN_LABELS } from "../../src/domain/labels-to-set.ts";
import { CHECK_RUN_ACTIONS } from "../../src/report/check-run-output.ts";
import { helpText } from "../../src/report/replies.ts";
import { COMPARISONS, EFFECTS } from "../../src/report/words.ts";
import { table } from "./markdown.ts";

/** The table in the reply to `/modprobot help`, with the default permissions. */
export function commandTable(): string {
  return helpText(defaultConfig().commands).split("\n\n")[0] ?? "";
}

export function labelTable(): string {
  return table(
    ["label", "meaning"],
    Object.entries(OWN_LABELS).map(([label, { description }]) => [`\`${label}\``, description]),
  );
}

export function buttonTable(): string {
  return table(
    ["button", "what it does", "like"],
    CHECK_RUN_ACTIONS.map(({ label, description, identifier }) => [
      label,
      description,
      `\`/modprobot ${BUTTON_COMMANDS[identifier]}\``,
    ]),
  );
}

const COMPARISON_MEANINGS: Readonly<Record<keyof typeof COMPARISONS, string>> = {
  regressed: "works at base and not at head: **this change does it**",
  "same-pass": "works at base and at head",
  new: "is at head only",
  fixed: "did not work at base and does at head",
  "same-fail": "works on neither side, so not because of this change",
  removed: "is at base only",
  flaky: "another answer on the second try; nobody is blamed",
  "not-run": "should have run and could not, with the reason: says nothing about the change",
};

export function comparisonTable(): string {
  return table(
    ["in the comment", "in the JSON", "meaning"],
    Object.entries(COMPARISON_MEANINGS).map(([comparison, meaning]) => {
      const { mark, words } = COMPARISONS[comparison as keyof typeof COMPARISONS];
      return [`${mark} ${words}`, `\`${comparison}\``, meaning];
    }),
  );
}

const EFFECT_MEANINGS: Readonly<Record<Exclude<keyof typeof EFFECTS, "none">, string>> = {
  empty: "every build is green, and modules are missing inside: nobody is told",
  boot: "builds, and reads at run time a path that is gone: nobody is told until a machine does not start",
  build: "its build fails",
  eval: "it does not even evaluate",
  size: "works, and takes more space",
};

export function effectTable(): string {
  return table(
    ["in the comment", "meaning"],
    Object.entries(EFFECT_MEANINGS).map(([effect, meaning]) => {
      const { mark, words } = EFFECTS[effect as keyof typeof EFFECTS];
      return [`${mark} ${words}`, meaning];
    }),
  );
}
