import { describe, expect, it } from "vitest";
import { defaultConfig } from "../../../src/config/config.ts";
import { addScopes, configFor, namedAttrs, scopeOnceMore } from "../../../src/workflow/app/scope.ts";

describe("scopes add up", () => {
  it("each name once, sorted, and without empty lists", () => {
    const a = { kind: "everything", build: ["b", "a"] } as const;
    const b = { kind: "everything", build: ["a", "c"], why: ["git"] } as const;
    expect(addScopes(a, b)).toEqual({ kind: "everything", build: ["a", "b", "c"], why: ["git"] });
    expect(addScopes({ kind: "everything" }, { kind: "everything" })).toEqual({ kind: "everything" });
  });
});

describe("a button", () => {
  const asked = { kind: "everything", build: ["a"] } as const;
  const booted = { ...asked, bootAgain: true } as const;
  const counted = { kind: "rebuilds" } as const;

  it("asks for the same once more", () => {
    expect(scopeOnceMore(undefined, false)).toEqual({ kind: "everything" });
    expect(scopeOnceMore(asked, false)).toEqual(asked);
    expect(scopeOnceMore(booted, false)).toEqual(asked);
    expect(scopeOnceMore(counted, false)).toEqual(counted);
  });

  it("boots again where that is what it says, also where only counts were asked for", () => {
    expect(scopeOnceMore(asked, true)).toEqual(booted);
    expect(scopeOnceMore(counted, true)).toEqual({ kind: "everything", bootAgain: true });
  });

  it("is not forgotten by what is asked for meanwhile", () => {
    expect(addScopes(booted, asked)).toEqual(booted);
  });
});

describe("what is to be run and compared", () => {
  const config = { ...defaultConfig(), kernels: ["linux"], vmTests: ["t"] };

  it("is beside what is configured, never instead", () => {
    const scope = { kind: "everything", tests: ["a"], consumers: ["c"] } as const;
    expect(configFor(config, scope)).toMatchObject({ kernels: ["linux"], vmTests: ["a", "t"] });
    expect(configFor(config, { kind: "rebuilds" })).toBe(config);
  });
});

it("names what somebody wrote", () => {
  const scope = { kind: "everything", build: ["b"], tests: ["a"], consumers: ["c"], why: ["d"] } as const;
  expect(namedAttrs(scope)).toEqual(["a", "b", "c", "d"]);
  expect(namedAttrs({ kind: "rebuilds", why: ["d"] })).toEqual(["d"]);
  expect(namedAttrs({ kind: "rebuilds" })).toEqual([]);
});
