/**
 * Every branch of the kernel package set, checked as a user would: real Nix, real kernels, real QEMU.
 *
 * The founding case comes first: what it breaks must be named, with its effect, and nothing else.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import type { CheckResult } from "../src/domain/check-result.ts";
import {
  type Ended,
  makeKernelRepo,
  modprobot,
  PROJECT,
  readReport,
  temporaryDirectory,
} from "./harness/modprobot.ts";

const work = temporaryDirectory();
const repo = join(work, "repo");
const withoutSource = ["--config", `${PROJECT}/test/kernel-repo/demo.yml`];

interface Checked {
  readonly ended: Ended;
  readonly report: CheckResult;
  readonly json: string;
  readonly markdown: string;
}

async function check(head: string, more: readonly string[] = [], command = "check"): Promise<Checked> {
  const name = join(work, `${head}-${Math.random().toString(36).slice(2)}`);
  const ended = await modprobot([
    command,
    ...["--repo", repo, "--base", "main", "--head", head, "--data", join(work, "data")],
    ...["--json", `${name}.json`, "--markdown", `${name}.md`, "--html", `${name}.html`],
    ...more,
  ]);
  try {
    return {
      ended,
      report: readReport(`${name}.json`),
      json: readFileSync(`${name}.json`, "utf8"),
      markdown: readFileSync(`${name}.md`, "utf8"),
    };
  } catch (error) {
    throw new Error(`no report; modprobot said: ${ended.stderr}`, { cause: error });
  }
}

/** Nor what was predicted: that takes an evaluation of an earlier time, and is not done over again. */
function withoutTimes(json: string): string {
  const told = JSON.parse(json, (key, value) => (key === "prediction" ? undefined : value));
  return JSON.stringify(told, undefined, 2).replace(/"seconds": [0-9.]+/g, '"seconds": 0');
}

/** The footer says how long the check took, and which stages most of it. */
function withoutDuration(markdown: string): string {
  expect(markdown).toMatch(/^Compared .* in .*\.$/m);
  return markdown.replace(/^(Compared .*?) in .*\.$/m, "$1.");
}

const validate = async (report: unknown) => {
  const schema = JSON.parse((await modprobot(["schema", "report"])).stdout);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const isValid = ajv.validate(schema, report);
  return isValid ? [] : ajv.errors;
};

beforeAll(() => makeKernelRepo(repo));

const EFFECTS = {
  R01: "build",
  R02: "empty",
  R03: "empty",
  R04: "empty",
  R05: "build",
  R06: "build",
  R07: "eval",
  R08: "boot",
  R09: "empty",
  R10: "build",
  R11: "build",
  R12: "empty",
  R13: "boot",
};

describe("split-modules, which replays NixOS/nixpkgs #423933, with a kernel from source", () => {
  let first: Checked;
  beforeAll(async () => {
    first = await check("split-modules");
  });

  it("is refused", () => {
    expect(first.ended.stderr).toBe("");
    expect(first.report.verdict).toBe("failure");
    expect(first.ended.status).toBe(1);
    expect(first.report.stages.filter((stage) => stage.status !== "done")).toEqual([]);
  });

  it("names every fixture that breaks as regressed, with its effect", () => {
    const broken = first.report.consumers.filter(
      (c) => /R\d\d-/.test(c.name) && c.comparison === "regressed",
    );

    expect(Object.fromEntries(broken.map((c) => [/R\d\d/.exec(c.name)?.[0], c.effect]))).toEqual(EFFECTS);
  });

  it("says of every broken consumer what to write instead, and where", () => {
    for (const consumer of first.report.consumers.filter((c) => /R\d\d-/.test(c.name))) {
      expect(consumer.advice, consumer.name).toBeTruthy();
      expect(consumer.file, consumer.name).toBeTruthy();
      expect(consumer.line, consumer.name).toBeGreaterThan(0);
    }
  });

  it("blames no fixture that still works", () => {
    const blamed = first.report.consumers.filter(
      (c) => /N\d\d-/.test(c.name) && c.comparison !== "same-pass",
    );
    expect(blamed).toEqual([]);
    expect(first.report.findings.filter((f) => /N\d\d-/.test(f.subject))).toEqual([]);
  });

  it("shows lib/modules lost from out and moved to modules, for both kernels", () => {
    expect(first.report.kernels.map((k) => k.attr)).toEqual(["linux", "linux_tiny"]);
    for (const { layout } of first.report.kernels) {
      expect(layout.lost).toEqual([
        { output: "out", path: "lib/modules", movedTo: "modules", files: expect.any(Number) },
      ]);
    }
  });

  it("counts the same modules on both sides", () => {
    for (const { modules } of first.report.kernels) {
      expect(modules.base).toBe(modules.head);
      expect(modules.removed).toEqual([]);
    }
    expect(first.report.kernels[0]?.modules.head).toBeGreaterThanOrEqual(1_100);
    expect(first.report.kernels[1]?.modules.head).toBeGreaterThan(0);
  });

  it("measures every output: out smaller, the sum about equal", () => {
    for (const { base, head, attr } of first.report.kernels) {
      const sum = (side: typeof base) =>
        Object.values(side?.outputs ?? {}).reduce((total, o) => total + o.narSize, 0);
      const out = (side: typeof base) => side?.outputs["out"]?.narSize ?? Number.NaN;

      expect(Object.keys(base?.outputs ?? {}).sort(), attr).toEqual(["dev", "out"]);
      expect(Object.keys(head?.outputs ?? {}).sort(), attr).toEqual(["dev", "modules", "out"]);
      expect(out(head), attr).toBeLessThan(out(base));
      expect(Math.abs(sum(head) - sum(base)) / sum(base), attr).toBeLessThan(0.02);
    }
  });

  it("boots both kernels and loads their modules as before", () => {
    const boots = first.report.vm.filter((run) => run.test === "modprobe");
    expect(boots.map(({ kernel, comparison }) => ({ kernel, comparison }))).toEqual([
      { kernel: "linux", comparison: "same-pass" },
      { kernel: "linux_tiny", comparison: "same-pass" },
    ]);
    expect(first.report.vm.find((run) => run.test.includes("systemd-initrd-modprobe"))?.comparison).toBe(
      "same-pass",
    );
  });

  it("counts attrs and distinct derivations apart", () => {
    const [system] = Object.values(first.report.rebuilds.systems);
    expect(system?.status).toBe("evaluated");
    expect(system?.attrs).toBeGreaterThan(system?.derivations ?? Number.POSITIVE_INFINITY);
    expect(system?.derivations).toBeGreaterThan(20);
  });

  it("fits its own schema", async () => {
    expect(await validate(first.report)).toEqual([]);
  });

  it("says the same again, byte for byte", async () => {
    const second = await check("split-modules");

    expect(withoutTimes(second.json)).toBe(withoutTimes(first.json));
    expect(withoutDuration(second.markdown)).toBe(withoutDuration(first.markdown));
  });
});

describe("comment-only", () => {
  it("has nothing to say, and builds nothing", async () => {
    const { ended, report } = await check("comment-only");

    expect(ended.status).toBe(0);
    expect(report.verdict).toBe("success");
    expect(Object.values(report.rebuilds.systems).map((s) => [s.status, s.attrs, s.derivations])).toEqual([
      ["evaluated", 0, 0],
    ]);
    expect(report.findings).toEqual([]);
    expect(report.kernels).toEqual([]);
    expect(report.stages.find((stage) => stage.stage === "build")?.status).toBe("skipped");
  });
});

describe("version-bump", () => {
  it("compares layouts with the version abstracted, and breaks nobody", async () => {
    const { ended, report } = await check("version-bump", withoutSource);
    const [kernel] = report.kernels;

    expect(report.consumers.filter((c) => c.comparison === "regressed")).toEqual([]);
    expect(kernel?.comparison).toBe("same-pass");
    expect(kernel?.modules.head).toBeGreaterThanOrEqual(1_100);
    expect(kernel?.layout.lost.some((loss) => loss.path === "lib/modules")).toBe(false);
    expect(ended.status).toBe(0);
  });
});

describe("config-change", () => {
  it("says which module became builtin and which is gone", async () => {
    const { report } = await check("config-change", withoutSource);
    const [kernel] = report.kernels;

    expect(kernel?.modules.builtin).toHaveLength(1);
    expect(kernel?.modules.removed).toHaveLength(1);
    expect(kernel?.config.length).toBeGreaterThan(0);
    const kinds = report.findings.map((finding) => finding.kind);
    expect(kinds).toContain("module-builtin");
    expect(kinds).toContain("module-removed");
    expect(kinds).toContain("config-dropped");
  });
});

describe("broken-eval", () => {
  it("loses exactly the attributes that fail, also the one that tryEval cannot catch", async () => {
    const { ended, report } = await check("broken-eval", withoutSource);
    const [system] = Object.values(report.rebuilds.systems);

    expect(system?.status).toBe("evaluated");
    expect(system?.broken).toHaveLength(2);
    for (const { error } of system?.broken ?? []) expect(error).toBeTruthy();
    expect(
      report.findings.filter((f) => f.kind === "attr-broken" || f.kind === "consumer-eval"),
    ).toHaveLength(2);
    expect(report.verdict).toBe("failure");
    expect(ended.status).toBe(1);
  });
});

describe("broken-build", () => {
  it("is an outcome with a log, and nothing is claimed about what could not be compared", async () => {
    const { ended, report } = await check("broken-build", withoutSource);
    const [kernel] = report.kernels;

    expect(kernel?.comparison).toBe("regressed");
    expect(kernel?.head?.build).toBe("failed");
    expect(kernel?.head?.logTail?.length).toBeGreaterThan(0);
    expect(kernel?.modules.head).toBeNull();
    expect(report.vm.find((run) => run.test === "modprobe")?.head.outcome).toBe("not-run");
    expect(report.findings.map((f) => f.kind)).toContain("kernel-build-broken");
    expect(ended.status).toBe(1);
  });
});

describe("mass-rebuild", () => {
  it("counts nearly everything and says that stdenv is among it", async () => {
    const { report } = await check("mass-rebuild", withoutSource, "rebuilds");
    const [system] = Object.values(report.rebuilds.systems);

    expect(system?.attrs).toBeGreaterThan((system?.evaluated ?? 0) * 0.9);
    expect(report.rebuilds.labels).toContain("10.rebuild-linux-stdenv");
    expect(report.stages.find((stage) => stage.stage === "build")?.status).toBe("skipped");
  });
});

describe("systems", () => {
  it("evaluates every system asked for, and counts per operating system", async () => {
    const { report } = await check(
      "split-modules",
      [
        ...withoutSource,
        "--system",
        "x86_64-linux",
        "--system",
        "aarch64-linux",
        "--system",
        "x86_64-darwin",
      ],
      "rebuilds",
    );

    expect(Object.keys(report.rebuilds.systems).sort()).toEqual([
      "aarch64-linux",
      "x86_64-darwin",
      "x86_64-linux",
    ]);
    expect(report.rebuilds.os.linux).toBeGreaterThan(0);
    expect(report.rebuilds.os.darwin).toBe(0);
  });
});

describe("a dry configuration file", () => {
  it("is read at base, never at head", async () => {
    const file = join(work, "strict.yml");
    writeFileSync(file, "kernels: [linux]\nsizes:\n  out: 1 kB\nvmTests: []\nconsumers: { auto: false }\n");

    const { report } = await check("version-bump", ["--config", file]);

    expect(report.findings.map((f) => f.kind)).toContain("size-limit");
  });
});
