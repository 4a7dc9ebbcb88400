/**
 * What to do: every consumer that the change breaks, how, where, and what to write instead. Silent ones come
 * first, since nobody else will tell the reader.
 */
import { brokenConsumers } from "../../domain/broken-consumers.ts";
import type { ConsumerResult } from "../../domain/check-result.ts";
import { singleLine } from "../../domain/plain-text.ts";
import { formatKnown } from "../../domain/size-words.ts";
import {
  BREAK,
  code,
  cutRows,
  type Inline,
  join,
  nameList,
  type Phrase,
  prose,
  type SectionMaker,
  strong,
} from "../document.ts";
import { EFFECTS } from "../words.ts";

export const consumersSection: SectionMaker = (result, listed) => {
  const broken = brokenConsumers(result.consumers);
  if (broken.length === 0) return undefined;
  const several = new Set(result.consumers.map((consumer) => consumer.system)).size > 1;
  const rows = broken.map((consumer) => [
    nameCell(consumer, several),
    effectCell(consumer),
    placeCell(consumer),
    consumer.advice === undefined ? ["–"] : prose(consumer.advice),
  ]);
  return {
    id: "consumers",
    title: "What to do: these consumers break",
    folded: false,
    blocks: [
      {
        kind: "table",
        head: [["consumer"], ["breaks how"], ["where"], ["write instead"]],
        rows: cutRows(rows, listed),
      },
    ],
  };
};

function nameCell(consumer: ConsumerResult, several: boolean): Phrase {
  const system = several && consumer.system !== null ? [BREAK, consumer.system] : [];
  const aliases = consumer.aliases.length === 0 ? [] : [BREAK, "also ", ...nameList(consumer.aliases, 2)];
  return [code(consumer.name), ...system, ...aliases];
}

function effectCell(consumer: ConsumerResult): Phrase {
  const { mark, words } = EFFECTS[consumer.effect];
  const counts = moduleCounts(consumer);
  // Where the counts stand already, evidence that only repeats them tells nothing.
  const seen = consumer.evidence.find((line) => counts.length === 0 || !/^\d+ → \d+ modules$/.test(line));
  return [
    `${mark} ${words}`,
    ...counts,
    ...(seen === undefined ? [] : [BREAK, code(singleLine(withoutStoreHashes(seen), 140))]),
  ];
}

/** The hash of a store path is noise to a reader, and differs at the next check; the JSON report keeps it. */
function withoutStoreHashes(line: string): string {
  return line.replace(/(\/nix\/store\/)[0-9a-df-np-sv-z]{32}-/g, "$1…-");
}

/** `: 17 → **0** modules`, where counting tells something. */
function moduleCounts({ modules }: ConsumerResult): readonly Inline[] {
  if (modules === undefined || modules.base === modules.head) return [];
  return [`: ${formatKnown(modules.base)} → `, strong(formatKnown(modules.head)), " modules"];
}

function placeCell(consumer: ConsumerResult): Phrase {
  const place = consumer.file === undefined ? [] : [[code(position(consumer.file, consumer.line))]];
  const reference = consumer.reference === undefined ? namedPaths(consumer) : [prose(consumer.reference)];
  const lines: readonly Phrase[] = [...place, ...reference];
  return lines.length === 0 ? ["–"] : join(lines, BREAK);
}

function namedPaths({ paths }: ConsumerResult): readonly Phrase[] {
  return paths.length === 0 ? [] : [["names ", ...nameList(paths, 3)]];
}

function position(file: string, line: number | undefined): string {
  return line === undefined ? file : `${file}:${line}`;
}
