import { expect, it } from "vitest";
import { exceedsLimit } from "../../src/domain/size-limits.ts";
import { exitStatusOf, verdictOf } from "../../src/domain/verdict.ts";

const finding = (severity: "failure" | "warning" | "notice") => ({ severity });
const stage = (status: "done" | "skipped" | "not-run") => ({ status });

it.each([
  { findings: [], stages: [], verdict: "success", exit: 0 },
  { findings: [], stages: [stage("done"), stage("skipped")], verdict: "success", exit: 0 },
  { findings: [finding("warning"), finding("notice")], stages: [stage("done")], verdict: "success", exit: 0 },
  { findings: [finding("failure")], stages: [stage("done")], verdict: "failure", exit: 1 },
  { findings: [], stages: [stage("done"), stage("not-run")], verdict: "neutral", exit: 3 },
  { findings: [finding("warning")], stages: [stage("not-run")], verdict: "neutral", exit: 3 },
  {
    findings: [finding("notice"), finding("failure")],
    stages: [stage("not-run")],
    verdict: "failure",
    exit: 1,
  },
] as const)("$findings and $stages: $verdict", ({ findings, stages, verdict, exit }) => {
  expect(verdictOf(findings, stages)).toBe(verdict);
  expect(exitStatusOf(verdictOf(findings, stages))).toBe(exit);
});

it.each([
  { limit: { kind: "total", bytes: 100 }, base: 90, head: 100, exceeded: false },
  { limit: { kind: "total", bytes: 100 }, base: 90, head: 101, exceeded: true },
  { limit: { kind: "total", bytes: 100 }, base: 120, head: 120, exceeded: false },
  { limit: { kind: "total", bytes: 100 }, base: 120, head: 110, exceeded: false },
  { limit: { kind: "total", bytes: 100 }, base: null, head: 101, exceeded: true },
  { limit: { kind: "growth", percent: 5 }, base: 100, head: 105, exceeded: false },
  { limit: { kind: "growth", percent: 5 }, base: 100, head: 106, exceeded: true },
  { limit: { kind: "growth", percent: 0 }, base: 100, head: 101, exceeded: true },
  { limit: { kind: "growth", percent: 5 }, base: 0, head: 1, exceeded: true },
  { limit: { kind: "growth", percent: 5 }, base: null, head: 1_000, exceeded: false },
] as const)("size limit $limit: $base to $head exceeds it: $exceeded", ({ limit, base, head, exceeded }) => {
  expect(exceedsLimit(limit, base, head)).toBe(exceeded);
});
