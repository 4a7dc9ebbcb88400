/** Consumers that were looked at and do not break: counted, with their names for whoever looks for one. */

import { isBroken } from "../../domain/broken-consumers.ts";
import type { Comparison } from "../../domain/build.ts";
import { formatCount } from "../../domain/size-words.ts";
import { nameList, type Phrase, type SectionMaker } from "../document.ts";
import { COMPARISONS } from "../words.ts";

/** `not-run` has a section of its own, with the reasons. */
const ORDER: readonly Comparison[] = [
  "regressed",
  "flaky",
  "same-fail",
  "fixed",
  "new",
  "removed",
  "same-pass",
];

export const unaffectedSection: SectionMaker = ({ consumers }, listed) => {
  const items = ORDER.flatMap((comparison): Phrase[] => {
    const names = consumers
      .filter((consumer) => consumer.comparison === comparison && !isBroken(consumer))
      .map((consumer) => consumer.name);
    if (names.length === 0) return [];
    const words = comparison === "regressed" ? "larger" : COMPARISONS[comparison].words;
    return [[`${formatCount(names.length)} ${words}: `, ...nameList(names, listed)]];
  });
  if (items.length === 0) return undefined;
  return {
    id: "unaffected",
    title: "Other consumers looked at",
    folded: true,
    blocks: [{ kind: "list", items }],
  };
};
