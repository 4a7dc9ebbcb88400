/** What a command adds to a check, and what a check of that scope does with the configuration. */
import type { Config } from "../../config/config.ts";
import type { CheckScope } from "../../domain/check-record.ts";
import type { AttrPath } from "../../domain/evaluation.ts";

export type FullScope = Extract<CheckScope, { kind: "everything" }>;

/** Additions of both: a command given while another's check runs must not lose what that one asked for. */
export function addScopes(a: FullScope, b: FullScope): FullScope {
  return {
    kind: "everything",
    ...added("build", a.build, b.build),
    ...added("tests", a.tests, b.tests),
    ...added("consumers", a.consumers, b.consumers),
    ...added("why", a.why, b.why),
    ...(a.bootAgain === true || b.bootAgain === true ? { bootAgain: true } : {}),
  };
}

function added(
  key: "build" | "tests" | "consumers" | "why",
  a: readonly AttrPath[] = [],
  b: readonly AttrPath[] = [],
): Partial<Record<typeof key, readonly AttrPath[]>> {
  const attrs = union(a, b);
  return attrs.length === 0 ? {} : { [key]: attrs };
}

/** What a button asks for: the same once more, where boots that passed before are an answer or are not. */
export function scopeOnceMore(before: CheckScope | undefined, bootAgain: boolean): CheckScope {
  if (before?.kind === "rebuilds" && !bootAgain) return before;
  const { bootAgain: _, ...scope } = before?.kind === "everything" ? before : EVERYTHING;
  return bootAgain ? { ...scope, bootAgain } : scope;
}

const EVERYTHING: FullScope = { kind: "everything" };

/** What is to be built beside it (`CheckRequest.build`) is sorted into kernels and others by the plan, which knows them. */
export function configFor(config: Config, scope: CheckScope): Config {
  if (scope.kind === "rebuilds") return config;
  const { tests = [], consumers = [] } = scope;
  return {
    ...config,
    vmTests: union(config.vmTests, tests),
    consumers: { ...config.consumers, attrs: union(config.consumers.attrs, consumers) },
  };
}

/** Names that somebody wrote in a command. */
export function namedAttrs(scope: CheckScope): readonly AttrPath[] {
  return union(attrsToCompare(scope), scope.why ?? []);
}

/** Those of them that are to be built or run at base and head. */
export function attrsToCompare(scope: CheckScope): readonly AttrPath[] {
  if (scope.kind === "rebuilds") return [];
  return union(scope.build ?? [], scope.tests ?? [], scope.consumers ?? []);
}

/** Those that are not known. */
export function missingFrom(known: readonly AttrPath[], named: readonly AttrPath[]): AttrPath[] {
  const all = new Set(known);
  return named.filter((attr) => !all.has(attr));
}

function union(...lists: readonly (readonly AttrPath[])[]): AttrPath[] {
  return [...new Set(lists.flat())].sort();
}
