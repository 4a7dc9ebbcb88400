/**
 * Annotations: what a check run shows beside the lines of a pull request. On each line that reads what is no longer
 * there, how it breaks and what to write instead; nothing where no file is known. Plain text, GitHub renders none of it.
 */
import { brokenConsumers } from "./broken-consumers.ts";
import type { CheckResult, ConsumerEffect, ConsumerResult } from "./check-result.ts";
import { FINDINGS, type Finding } from "./findings.ts";
import { clip, singleLine, withoutControls } from "./plain-text.ts";

export interface Annotation {
  /** Below the root of the repository. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly level: "notice" | "warning" | "failure";
  readonly title: string;
  readonly message: string;
}

/** Four requests of fifty; whoever breaks more reads the report. */
const MOST = 200;
/** GitHub takes 255 characters of title and 64 KB of message. */
const LONGEST_TITLE = 200;
const LONGEST_MESSAGE = 2_000;

/** Those that break most first, the same for the same result: how many are there already tells which are missing. */
export function annotationsOf(result: CheckResult): Annotation[] {
  const consumers = brokenConsumers(result.consumers)
    .filter(({ kind }) => kind !== "repository")
    .flatMap(annotateConsumer);
  const said = new Set(consumers.map(({ path, line }) => `${path}:${line}`));
  const findings = result.findings
    .filter(({ severity }) => severity !== "notice")
    .flatMap(annotateFinding)
    .filter(({ path, line }) => !said.has(`${path}:${line}`));
  return [...consumers, ...findings].slice(0, MOST);
}

function annotateConsumer(consumer: ConsumerResult): Annotation[] {
  const { file, line, name, effect, reference, advice, evidence } = consumer;
  if (file === undefined || !isInTree(file)) return [];
  const said = [
    reference,
    evidence[0],
    advice === undefined ? undefined : `Write instead: ${advice}`,
  ].flatMap((sentence) => (sentence === undefined ? [] : [withoutBackticks(sentence)]));
  return [
    {
      path: file,
      line: line ?? 1,
      level: "failure",
      title: titleOf(`${name} ${EFFECT_WORDS[effect]}`),
      message: messageOf(said.length === 0 ? [`${name} breaks with this change.`] : said),
    },
  ];
}

function annotateFinding({ file, line, kind, severity, subject, message }: Finding): Annotation[] {
  if (file === undefined || !isInTree(file)) return [];
  return [
    {
      path: file,
      line: line ?? 1,
      level: severity,
      title: titleOf(`${subject}: ${FINDINGS[kind].title}`),
      message: messageOf([withoutBackticks(message)]),
    },
  ];
}

const EFFECT_WORDS: Readonly<Record<ConsumerEffect, string>> = {
  empty: "builds, with modules missing",
  boot: "builds, and names a path that is gone",
  build: "no longer builds",
  eval: "no longer evaluates",
  size: "grows",
  none: "changes",
};

/** GitHub refuses a whole batch for one path that is none. */
function isInTree(file: string): boolean {
  return file !== "" && !file.startsWith("/") && !file.split("/").includes("..") && !/\p{Cc}/u.test(file);
}

function titleOf(text: string): string {
  return singleLine(text, LONGEST_TITLE);
}

function messageOf(lines: readonly string[]): string {
  return clip(withoutControls(lines.join("\n").slice(0, LONGEST_MESSAGE * 4)), LONGEST_MESSAGE);
}

function withoutBackticks(text: string): string {
  return text.replaceAll("`", "");
}
