/** Several evaluators with a real Nix: what comes out is the same however many there are, and whatever happens to them. */
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createNix } from "../../src/nix/adapter.ts";
import type { EvaluatedTree, EvaluationRequest } from "../../src/workflow/ports.ts";
import {
  attrsOf,
  evaluate,
  evaluateExplained,
  packageSet,
  signal,
  withShell,
  workplace,
} from "./package-set.ts";

const MIB = 1024 ** 2;
const bytes = (mebibytes: number) => ({ kind: "bytes" as const, bytes: mebibytes * MIB });
/** So that tiny sets are shared, too. */
const EAGER = { leastNames: 1, leastSeconds: 0 };
const SLOW = "let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in";

/** Takes about 72 bytes for each element of a list, thunks and what they become. */
const hoard = (elements: number) =>
  `builtins.seq (builtins.foldl' (x: y: x + y) 0 (builtins.genList (n: n) ${elements}))`;

const FAILING: Readonly<Record<string, string>> = {
  throws: 'throw "no"',
  asserts: 'assert 1 == 2; ""',
  aborts: 'abort "no"',
  argument: "({ missing }: missing) { }",
  recursion: "let x = x; in x",
  stack: "let f = n: 1 + f n; in f 0",
  file: "import ./nowhere.nix",
  syntax: "import ./broken.nix",
  outputs: '{ type = "derivation"; name = "n"; system = "s"; drvPath = "x"; outPath = "y"; outputs = [ ]; }',
  never: '(sh "n" "" { }) // { drvPath = "/nix/store/00000000000000000000000000000000-x.drv"; }',
  large: `${hoard(100_000_000)} 1`,
  endless: `${SLOW} f 99`,
};

describe("a package set with every kind of failing attr loses exactly those", () => {
  const names = Object.keys(FAILING);
  const text = names.map((name, n) => {
    const failing = `${name} = ${FAILING[name]};`;
    const set = `s${n} = { recurseForDerivations = true; a = sh "sa${n}" "" { }; ${failing} z = sh "sz${n}" "" { }; };`;
    return `a${n} = sh "a${n}" "" { }; ${n % 2 === 0 ? failing : set} w${n} = builtins.trace "warning ${n}" (sh "w${n}" "" { });`;
  });
  const files = { "default.nix": withShell(text.join("\n")), "broken.nix": "{ a = ; }" };
  const lost = names.map((name, n) => (n % 2 === 0 ? name : `s${n}.${name}`)).sort();
  const causes = { throws: "throw", asserts: "throw", large: "memory", endless: "timeout" };

  it.each([
    { workers: 1, sharing: EAGER },
    { workers: 2, sharing: EAGER },
    { workers: 4, sharing: EAGER },
    { workers: 2, sharing: { leastNames: 7, leastSeconds: 0 } },
  ])(
    "$workers evaluators, at least $sharing.leastNames names each",
    { timeout: 300_000 },
    async (options) => {
      await using place = await workplace(options);
      const request = await packageSet(place, files, { memory: bytes(1100), timeoutSeconds: 120 });
      const tree = await evaluate(place, request);

      const attrs = attrsOf(tree);
      const failed = Object.entries(attrs).filter(([, result]) => !result.ok);
      expect(failed.map(([attr]) => attr).sort()).toEqual(lost);
      expect(Object.keys(attrs)).toHaveLength(names.length * 4);
      for (const [attr, result] of failed) {
        const name = attr.slice(attr.indexOf(".") + 1) as keyof typeof causes;
        expect([attr, result]).toMatchObject([attr, { cause: causes[name] ?? "fatal" }]);
      }
      expect(tree.outcome).toMatchObject({ warnings: warnings(names.length) });
    },
  );
});

const warnings = (count: number) =>
  Array.from({ length: count }, (_, n) => `w${n}`)
    .sort()
    .map((name) => `trace: warning ${name.slice(1)}`);

describe("evaluators that are killed", () => {
  const many = Array.from({ length: 40 }, (_, n) => `a${n} = sh "a${n}-\${toString (${SLOW} f 15)}" "" { };`);
  const files = { "default.nix": withShell(many.join("\n")) };

  it.each([1, 2])("%i at a time, cost nothing but time", async (workers) => {
    await using place = await workplace({ workers, sharing: EAGER });
    const undisturbed = await evaluate(place, await packageSet(place, files));
    await using other = await workplace({ workers, sharing: EAGER });
    await other.nix.probe(signal);
    const request = await packageSet(other, files);
    let kills = 0;
    const kill = () => {
      if (kills < 3) kills += killEvaluators();
    };
    const tree = await whileKilling(kill, () => evaluate(other, request));

    expect(kills).toBeGreaterThan(0);
    expect(tree.outcome).toEqual(undisturbed.outcome);
  });

  it("again and again, end the evaluation as not run", async () => {
    await using place = await workplace({ workers: 2, sharing: EAGER });
    await place.nix.probe(signal);
    const slow = { "default.nix": withShell(`a = ${SLOW} f 99; b = sh "b" "" { };`) };
    const tree = await whileKilling(killEvaluators, async () =>
      evaluate(place, await packageSet(place, slow)),
    );

    expect(tree.outcome).toMatchObject({
      status: "not-run",
      reason: expect.stringContaining("killed from outside"),
    });
  });
});

describe("a small budget", () => {
  const many = Array.from({ length: 60 }, (_, n) => `a${n} = sh "a${n}" "" { };`).join("\n");

  it("gives a correct count", async () => {
    await using place = await workplace({ workers: 4, sharing: EAGER });
    const files = { "default.nix": withShell(many) };
    const tree = await evaluate(place, await packageSet(place, files, { memory: bytes(300) }));

    expect(Object.values(attrsOf(tree)).filter(({ ok }) => ok)).toHaveLength(60);
  });

  it("or none, where an attr needs more: that may be an ordinary one", async () => {
    await using place = await workplace({ workers: 4, sharing: EAGER });
    const files = { "default.nix": withShell(`${many}\nbig = ${hoard(10_000_000)} (sh "big" "" { });`) };
    const tree = await evaluate(place, await packageSet(place, files, { memory: bytes(300) }));

    expect(tree.outcome).toEqual({
      status: "not-run",
      reason: "the evaluation was given up: big needs more memory than the 300 MiB of limits.evaluation",
    });
  });

  it("is enough where evaluators start anew", { timeout: 120_000 }, async () => {
    await using place = await workplace({ workers: 1 });
    const hoards = Array.from({ length: 8 }, (_, n) => `h${n} = builtins.genList (n: n + ${n}) 2000000;`);
    const each = Array.from(
      { length: 8 },
      (_, n) => `a${n} = builtins.seq (builtins.foldl' (x: y: x + y) 0 h${n}) (sh "a${n}" "" { });`,
    );
    const files = { "default.nix": withShell(`${hoards.join("\n")} ${each.join("\n")}`) };
    const tree = await evaluate(place, await packageSet(place, files, { memory: bytes(640) }));

    expect(Object.entries(attrsOf(tree)).map(([attr, { ok }]) => `${attr} ${ok}`)).toEqual(
      Array.from({ length: 8 }, (_, n) => `a${n} true`),
    );
  });

  it("is no reason to believe the same next time", { timeout: 120_000 }, async () => {
    await using place = await workplace();
    const files = { "default.nix": withShell(`${many}\nbig = ${hoard(10_000_000)} (sh "big" "" { });`) };
    const small = await evaluate(place, await packageSet(place, files, { memory: bytes(550) }));
    const large = await evaluate(place, await packageSet(place, files, { memory: bytes(4096) }));

    expect(attrsOf(small)["big"]).toEqual({ ok: false, error: "out of memory", cause: "memory" });
    expect(attrsOf(large)["big"]).toMatchObject({ ok: true });
  });
});

it("two adapters on one cache come to the same", async () => {
  const files = { "default.nix": withShell(`a = sh "a" "" { }; b = throw "no"; c = abort "no";`) };
  await using place = await workplace();
  await using other = await workplace();
  const request = await packageSet(place, files);
  const options = { dataDirectory: place.dataDirectory, temporaryDirectory: other.temporaryDirectory };
  const second = { ...other, nix: createNix({ ...options, sharing: EAGER }) };
  const [one, two] = await Promise.all([evaluate(place, request), evaluate(second, request)]);

  expect(one.outcome).toEqual(two.outcome);
});

describe("why attrs throw", () => {
  const files = {
    "default.nix": withShell(
      `a = throw "a says so"; b = throw "b, too"; c = sh "c" "" { }; d = sh (throw "deep") "" { };`,
    ),
  };

  it("is told when it is asked for, and remembered", async () => {
    await using place = await workplace();
    const request: EvaluationRequest = await packageSet(place, files);
    const tree = await evaluate(place, request);
    expect(attrsOf(tree)["a"]).toEqual({ ok: false, error: "throws", cause: "throw" });

    const first = await tree.explain(["a", "d"], request.checkout, signal);
    await rm(request.checkout.directory, { recursive: true });
    const again = await tree.explain(["a", "d"], request.checkout, signal);

    expect(first).toEqual(
      new Map([
        ["a", "a says so"],
        ["d", "deep"],
      ]),
    );
    expect(again).toEqual(first);
  });

  it("goes into the log", async () => {
    await using place = await workplace();
    await evaluateExplained(place, await packageSet(place, files));

    expect(place.logs.get("evaluation-x86_64-linux-000000000000")).toContain("b: b, too");
  });
});

it("knows kernels, and is not misled by values that fail", async () => {
  const files = {
    "default.nix": withShell(`
      linux = sh "linux" "" { } // { modDirVersion = "6.1.0"; };
      thrown = sh "thrown" "" { } // { modDirVersion = throw "no"; };
      aborted = sh "aborted" "" { } // { modDirVersion = abort "no"; };
      list = sh "list" "" { } // { modDirVersion = [ ]; };
      plain = sh "plain" "" { };`),
  };
  await using place = await workplace();
  const attrs = attrsOf(await evaluate(place, await packageSet(place, files)));

  const kernels = Object.entries(attrs).flatMap(([attr, result]) =>
    result.ok && result.kernel ? [attr] : [],
  );
  expect(kernels).toEqual(["linux"]);
  expect(Object.values(attrs).every(({ ok }) => ok)).toBe(true);
});

it("tells how far it is", async () => {
  await using place = await workplace({ workers: 2, sharing: EAGER });
  const many = Array.from({ length: 30 }, (_, n) => `a${n} = sh "a${n}-\${toString (${SLOW} f 15)}" "" { };`);
  const files = { "default.nix": withShell(`${many.join("\n")} z = throw "no";`) };
  const told: { attrs: number; errors: number; memoryBytes: number; secondsLeft?: number }[] = [];
  await place.nix.evaluate(await packageSet(place, files), (progress) => told.push(progress), signal);

  expect(told.at(-1)).toMatchObject({ attrs: 31, errors: 1, secondsLeft: 0 });
  expect(Math.max(...told.map(({ memoryBytes }) => memoryBytes))).toBeGreaterThan(10 * MIB);
});

/** Does `act`, and looks again and again for something to kill meanwhile. */
async function whileKilling(kill: () => unknown, act: () => Promise<EvaluatedTree>): Promise<EvaluatedTree> {
  const timer = setInterval(kill, 100);
  try {
    return await act();
  } finally {
    clearInterval(timer);
  }
}

/** Evaluators that this process started, killed as the kernel does when memory runs out. */
function killEvaluators(): number {
  const evaluators = processesBelow(process.pid).filter((pid) => nameOf(pid).startsWith("nix-instantiate"));
  for (const pid of evaluators) process.kill(pid, "SIGKILL");
  return evaluators.length;
}

function processesBelow(pid: number): number[] {
  const threads = read(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads
    .flatMap(
      (thread) => read(() => readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ")) ?? [],
    )
    .filter((child) => child !== "")
    .flatMap((child) => [Number(child), ...processesBelow(Number(child))]);
}

const nameOf = (pid: number) => read(() => readFileSync(`/proc/${pid}/comm`, "latin1").trim()) ?? "";

function read<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
