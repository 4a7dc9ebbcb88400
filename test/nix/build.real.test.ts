/** Builds with a real Nix: what an outcome says, what is believed, what is never blamed on the recipe. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuildOutcome } from "../../src/domain/build.ts";
import { Interrupted } from "../../src/errors.ts";
import type { BuildLimits } from "../../src/workflow/ports.ts";
import {
  drvOf,
  evaluate,
  limits,
  packageSet,
  signal,
  type Workplace,
  withShell,
  workplace,
} from "./package-set.ts";

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
});
afterAll(async () => {
  await place[Symbol.asyncDispose]();
});

/** Makes derivations nobody built before. */
const fresh = () => `FRESH = "${Date.now()}-${Math.random()}";`;

async function build(attrs: string, attr: string, changes: Partial<BuildLimits> = {}): Promise<BuildOutcome> {
  const tree = await evaluate(place, await packageSet(place, { "default.nix": withShell(attrs) }));
  return tree.derivations.realise(drvOf(tree, attr), { ...limits, ...changes }, signal);
}

it("builds all outputs, and roots them", async () => {
  const files = {
    "default.nix": withShell(
      `a = sh "a" "cat $src > $out; echo d > $dev" { outputs = [ "out" "dev" ]; src = ./data; ${fresh()} };`,
    ),
    data: "hello",
  };
  const tree = await evaluate(place, await packageSet(place, files));

  const outcome = await tree.derivations.realise(drvOf(tree, "a"), limits, signal);

  if (outcome.status !== "built") throw new Error(JSON.stringify(outcome));
  expect(Object.keys(outcome.outputs).sort()).toEqual(["dev", "out"]);
  expect(await readFile(outcome.outputs["out"] ?? "", "utf8")).toBe("hello");
  expect((await readdir(join(place.dataDirectory, "nix/roots"))).length).toBeGreaterThanOrEqual(2);
  // How long it took as well, so that a report says the same the next time.
  expect(outcome.seconds).toBeGreaterThan(0);
  expect(await tree.derivations.realise(drvOf(tree, "a"), limits, signal)).toEqual(outcome);
});

describe("a garbage collection", () => {
  it("finds nothing to take of what was built, and everything once the roots are gone", async () => {
    const script = "echo hello > $out; echo d > $dev";
    const outcome = await build(`a = sh "kept" "${script}" { outputs = [ "out" "dev" ]; ${fresh()} };`, "a");
    if (outcome.status !== "built") throw new Error(JSON.stringify(outcome));
    // What would be taken, without taking it: others build on this machine.
    const dead = async () => {
      const { stdout } = await promisify(execFile)("nix-store", ["--gc", "--print-dead"], {
        maxBuffer: 2 ** 28,
      });
      return stdout.split("\n");
    };

    expect(await dead()).not.toEqual(expect.arrayContaining([outcome.outputs["out"]]));
    expect(await dead()).not.toEqual(expect.arrayContaining([outcome.outputs["dev"]]));
    for (const root of await readdir(join(place.dataDirectory, "nix/roots")))
      if (root.includes("-kept")) await rm(join(place.dataDirectory, "nix/roots", root));
    expect(await dead()).toEqual(expect.arrayContaining(Object.values(outcome.outputs)));
  });

  it("that comes just before a build takes nothing that is not brought back", async () => {
    const collects = await mkdtemp(join(place.directory, "bin-"));
    const nixStore = (await promisify(execFile)("sh", ["-c", "command -v nix-store"])).stdout.trim();
    const script = [
      "#!/bin/sh",
      `if [ "$1" = --realise ] && [ ! -e ${collects}/done ]; then`,
      `  touch ${collects}/done; ${nixStore} --delete "$2" > ${collects}/deleted`,
      "fi",
      `exec ${nixStore} "$@"`,
    ];
    await writeFile(join(collects, "nix-store"), `${script.join("\n")}\n`, { mode: 0o755 });
    const before = process.env["PATH"];
    process.env["PATH"] = `${collects}:${before}`;
    try {
      const outcome = await build(`a = sh "collected" "echo a > $out" { ${fresh()} };`, "a");
      expect(outcome.status).toBe("built");
    } finally {
      process.env["PATH"] = before;
    }
    expect(await readFile(join(collects, "deleted"), "utf8")).toContain("1 store paths deleted");
  });
});

describe("a build that fails", () => {
  it("leaves its whole log to be read, its own or that of what it needs", async () => {
    const script = "for i in $(seq 100); do echo line $i; done; exit 3";
    await build(`a = sh "outer" "echo > $out" { b = sh "inner" "${script}" { ${fresh()} }; };`, "a");

    const [name = "", ...others] = [...place.logs.keys()].filter((one) =>
      /^build-(?:inner|outer)-/.test(one),
    );
    expect(name).toMatch(/^build-inner-[0-9a-z]{8}$/);
    expect(others).toEqual([]);
    expect(place.logs.get(name)).toEqual(Array.from({ length: 100 }, (_, index) => `line ${index + 1}`));
  });

  it("is told with the end of its log", async () => {
    const forged = "error: builder for '/nix/store/00000000000000000000000000000000-x.drv' failed";
    const outcome = await build(
      `a = sh "a" "for i in $(seq 100); do echo line $i; done; echo \\"${forged}\\"; exit 3" { ${fresh()} };`,
      "a",
    );

    expect(outcome).toMatchObject({ status: "failed", cause: "builder" });
    if (outcome.status !== "failed") return;
    expect(outcome.logTail).toHaveLength(60);
    expect(outcome.logTail.at(-1)).toBe(forged);
    expect(outcome).not.toHaveProperty("failedDrv");
  });

  it("because something it needs fails names that", async () => {
    const attrs = `inner = sh "inner" "echo modprobe: FATAL: Module 9p not found in directory /x; exit 1" { ${fresh()} }; a = sh "a" "echo \${inner} > $out" { };`;
    const outcome = await build(attrs, "a");

    expect(outcome).toMatchObject({
      status: "failed",
      cause: "dependency",
      failedDrv: expect.stringMatching(/-inner\.drv$/),
      explanation: "module 9p is not among the modules it was given",
      logTail: ["modprobe: FATAL: Module 9p not found in directory /x"],
    });
  });

  it("is repeated once, and remembered", async () => {
    const attrs = `a = sh "a" "echo no; exit 1" { ${fresh()} };`;
    const first = await build(attrs, "a");
    const second = await build(attrs, "a");

    // Also its seconds, which a second build would not repeat.
    expect(second).toEqual(first);
  });

  it.each([
    { how: "without an output", script: "true" },
    {
      how: "with a reference that is not allowed",
      script: "echo $src > $out",
      more: "src = ./.; allowedReferences = [ ];",
    },
  ])("$how", async ({ script, more = "" }) => {
    expect(await build(`a = sh "a" "${script}" { ${more} ${fresh()} };`, "a")).toMatchObject({
      status: "failed",
      cause: "builder",
    });
  });

  it("by the wrong hash of a download", async () => {
    const hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const attrs = `a = sh "a" "echo $FRESH > $out" { outputHash = "${hash}"; outputHashAlgo = "sha256"; name = "a-${Date.now()}"; ${fresh()} };`;

    expect(await build(attrs, "a")).toMatchObject({
      status: "failed",
      explanation: expect.stringContaining("hash"),
    });
  });
});

describe("a build over its limits is a timeout, believed at once", () => {
  it.each([
    { over: "time", script: "sleep 100", changes: { timeoutSeconds: 2 } },
    { over: "silence", script: "sleep 100", changes: { silentSeconds: 2 } },
    {
      over: "log",
      script: "while true; do echo xxxxxxxxxxxxxxxxxxxxxxxx; done",
      changes: { logBytes: 100_000 },
    },
  ])("$over", async ({ script, changes }) => {
    const outcome = await build(`a = sh "a" "${script}" { ${fresh()} };`, "a", changes);

    expect(outcome).toMatchObject({ status: "failed", cause: "timeout" });
    if (outcome.status === "failed") expect(outcome.seconds).toBeLessThan(20);
  });
});

it("is flaky when it fails and then does not, the second time it is asked as well", async () => {
  // Under one build user after the other: what is left of the first try is gone, time is not.
  const until = Math.floor(Date.now() / 1000) + 3;
  const attrs = `a = sh "a" "if [ $(date +%s) -lt ${until} ]; then sleep 4; exit 1; fi; echo > $out" { ${fresh()} };`;

  expect(await build(attrs, "a")).toMatchObject({ status: "flaky" });
  expect(await build(attrs, "a")).toMatchObject({ status: "flaky" });
});

describe("what this machine cannot do is not run", () => {
  it.each([
    { cannot: "another system", more: 'system = "riscv64-linux";', reason: "riscv64-linux" },
    { cannot: "a feature", more: 'requiredSystemFeatures = [ "quantum" ];', reason: "quantum" },
  ])("$cannot", async ({ more, reason }) => {
    const outcome = await build(`a = sh "a" "echo > $out" { ${more} ${fresh()} };`, "a");

    expect(outcome).toMatchObject({ status: "not-run", reason: expect.stringContaining(reason) });
  });

  it("a download without a network", async () => {
    const attrs = `a = sh "a" "echo curl: Could not resolve host: example.org; exit 6" { outputHash = "${"0".repeat(64)}"; outputHashAlgo = "sha256"; ${fresh()} };`;

    expect(await build(attrs, "a")).toMatchObject({ status: "not-run" });
  });
});

it("sees neither this machine's files nor our environment", async () => {
  process.env["MODPROBOT_TEST_SECRET"] = "hunter2";
  const attrs = `a = sh "a" "{ ls /root /etc/shadow /work 2>&1; echo \${"$"}{MODPROBOT_TEST_SECRET-unset}; } > $out || true; echo >> $out" { ${fresh()} };`;

  const outcome = await build(attrs, "a");

  if (outcome.status !== "built") throw new Error(JSON.stringify(outcome));
  const seen = await readFile(outcome.outputs["out"] ?? "", "utf8");
  expect(seen).toMatch(/unset/);
  expect(seen.match(/No such file/g)).toHaveLength(3);
});

it("ends with the caller", async () => {
  const tree = await evaluate(
    place,
    await packageSet(place, { "default.nix": withShell(`a = sh "a" "sleep 50" { ${fresh()} };`) }),
  );
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1_500);
  const started = performance.now();

  await expect(tree.derivations.realise(drvOf(tree, "a"), limits, stop.signal)).rejects.toBeInstanceOf(
    Interrupted,
  );
  expect(performance.now() - started).toBeLessThan(30_000);
});
