import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import extractTsConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { describe, expect, it, onTestFinished } from "vitest";

/** What `npm run imports` does, on any tree. */
async function cruiseTree(baseDir: string, folders: readonly string[]): Promise<ICruiseResult> {
  const options = await extractOptions("./.dependency-cruiser.mjs");
  const tsConfig = extractTsConfig("./tsconfig.json");
  const { output } = await cruise([...folders], { ...options, baseDir }, {}, { tsConfig });
  if (typeof output === "string") throw new Error(`expected data, got text: ${output}`);
  return output;
}

type Files = Readonly<Record<string, string>>;

/** A project of the given files with the two packages that rules speak of, removed when the test ends. */
function tree(files: Files): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "architecture-test-")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const packages = ["execa", "zod"];
  const all: Files = {
    "package.json": JSON.stringify({
      type: "module",
      dependencies: Object.fromEntries(packages.map((name) => [name, "1.0.0"])),
    }),
    ...Object.fromEntries(
      packages.flatMap((name) => [
        [
          `node_modules/${name}/package.json`,
          JSON.stringify({ name, version: "1.0.0", type: "module", exports: "./index.js" }),
        ],
        [`node_modules/${name}/index.js`, "export const x = 1;"],
      ]),
    ),
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

const x = "export const x = 1;\nexport type X = number;\n";
const imports = (module: string) => `import { x } from "${module}";\nexport const y = x;\n`;

/** For every rule, small trees that break it and no other. */
const BREAKS: Readonly<Record<string, Readonly<Record<string, Files>>>> = {
  "no-cycles": {
    "two modules": {
      "src/domain/a.ts": `${imports("./b.ts")}${x}`,
      "src/domain/b.ts": `${imports("./a.ts")}${x}`,
    },
    "through a type only": {
      "src/nix/a.ts": 'import type { X } from "./b.ts";\nexport const a: X = 1;\nexport type A = number;\n',
      "src/nix/b.ts": 'import { a } from "./a.ts";\nexport type X = number;\nexport const b = a;\n',
    },
  },
  "domain-is-pure": {
    report: { "src/domain/a.ts": imports("../report/b.ts"), "src/report/b.ts": x },
    "a type of configuration": {
      "src/domain/a.ts": 'import type { X } from "../config/b.ts";\nexport type A = X;\n',
      "src/config/b.ts": x,
    },
    "process.ts": { "src/domain/a.ts": imports("../process.ts"), "src/process.ts": x },
    "a later import": {
      "src/domain/a.ts": 'export const a = () => import("../nix/b.ts");\n',
      "src/nix/b.ts": x,
    },
  },
  "domain-touches-no-world": {
    files: {
      "src/domain/a.ts": 'import { readFile } from "node:fs/promises";\nexport const a = readFile;\n',
    },
    "files by their old name": {
      "src/domain/a.ts": 'import { readFile } from "fs/promises";\nexport const a = readFile;\n',
    },
    "a package": { "src/domain/a.ts": imports("zod") },
    "a package that is not there": { "src/domain/a.ts": imports("no-such-package") },
  },
  "report-reads-results-only": {
    workflow: { "src/report/a.ts": imports("../workflow/b.ts"), "src/workflow/b.ts": x },
    config: { "src/report/a.ts": imports("../config/b.ts"), "src/config/b.ts": x },
  },
  "report-touches-no-world": {
    files: { "src/report/a.ts": 'import { readFileSync } from "node:fs";\nexport const a = readFileSync;\n' },
  },
  "config-knows-the-domain-only": {
    workflow: { "src/config/a.ts": imports("../workflow/b.ts"), "src/workflow/b.ts": x },
    process: { "src/config/a.ts": imports("../process.ts"), "src/process.ts": x },
  },
  "workflow-names-no-vendor": {
    nix: { "src/workflow/a.ts": imports("../nix/b.ts"), "src/nix/b.ts": x },
    process: { "src/workflow/a.ts": imports("../process.ts"), "src/process.ts": x },
  },
  "adapters-stand-alone": {
    "nix and git": { "src/nix/a.ts": imports("../git/b.ts"), "src/git/b.ts": x },
    "vm and nix": { "src/vm/a.ts": imports("../nix/b.ts"), "src/nix/b.ts": x },
    "git and the story": { "src/git/a.ts": imports("../workflow/check.ts"), "src/workflow/check.ts": x },
    "nix and report": { "src/nix/a.ts": imports("../report/b.ts"), "src/report/b.ts": x },
  },
  "nobody-imports-the-joiners": {
    cli: { "src/files.ts": imports("./cli/b.ts"), "src/cli/b.ts": x },
    "main.ts": { "src/files.ts": imports("./main.ts"), "src/main.ts": x },
  },
  "processes-have-one-owner": {
    execa: { "src/nix/a.ts": imports("execa") },
    child_process: {
      "src/cli/a.ts": 'import { spawn } from "node:child_process";\nexport const a = spawn;\n',
    },
    "child_process by its old name": {
      "src/git/a.ts": 'import { spawn } from "child_process";\nexport const a = spawn;\n',
    },
  },
  "github-has-one-owner": {
    octokit: { "src/workflow/a.ts": imports("octokit") },
    probot: { "src/queue/a.ts": imports("probot") },
    "a part of octokit": { "src/store/a.ts": imports("@octokit/webhooks") },
  },
  "queue-has-one-owner": { "pg-boss": { "src/workflow/a.ts": imports("pg-boss") } },
  "database-has-one-owner": {
    kysely: { "src/queue/a.ts": imports("kysely") },
    PGlite: { "src/cli/a.ts": imports("@electric-sql/pglite") },
  },
  "web-receives-and-shows": {
    "the story": { "src/web/a.ts": imports("../workflow/check.ts"), "src/workflow/check.ts": x },
    "the store": { "src/web/a.ts": imports("../store/b.ts"), "src/store/b.ts": x },
  },
  "no-tests-in-production": {
    harness: { "src/cli/a.ts": imports("../../test/harness/b.ts"), "test/harness/b.ts": x },
  },
};

describe("the real tree", async () => {
  const { summary, modules } = await cruiseTree(process.cwd(), ["src", "test"]);

  it("keeps every rule", () => {
    expect(summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
  });

  it("was really seen", () => {
    const ours = modules.filter(({ source }) => /^src\/.*\.ts$/.test(source));

    expect(ours.length).toBeGreaterThan(50);
    expect(ours.flatMap(({ dependencies }) => dependencies).length).toBeGreaterThan(100);
    expect(
      ours.flatMap(({ dependencies }) => dependencies.filter((dependency) => dependency.couldNotResolve)),
    ).toEqual([]);
  });
});

describe("every rule", async () => {
  const rules = (await extractOptions("./.dependency-cruiser.mjs")).ruleSet?.forbidden ?? [];

  it("is broken once below, and says what was probably meant", () => {
    expect(rules.map(({ name }) => name).sort()).toEqual(Object.keys(BREAKS).sort());
    for (const { comment } of rules) expect(comment).toMatch(/^.{30,}\.$/s);
  });

  for (const [rule, trees] of Object.entries(BREAKS)) {
    it.each(Object.entries(trees))(`${rule}: %s`, async (_name, files) => {
      const { summary } = await cruiseTree(tree(files), ["src"]);

      expect([...new Set(summary.violations.map((violation) => violation.rule.name))]).toEqual([rule]);
    });
  }

  it("is kept by a tree that does as it should", async () => {
    const { summary } = await cruiseTree(
      tree({
        "src/errors.ts": x,
        "src/process.ts": imports("execa") + x,
        "src/domain/a.ts": imports("../errors.ts") + x,
        "src/config/a.ts": imports("zod") + x,
        "src/report/a.ts": imports("../domain/a.ts") + x,
        "src/workflow/ports.ts": imports("../domain/a.ts") + x,
        "src/workflow/check.ts": imports("./ports.ts") + x,
        "src/nix/a.ts": imports("../process.ts") + x,
        "src/git/a.ts": imports("../workflow/ports.ts") + x,
        "src/cli/a.ts": imports("../nix/a.ts") + x,
      }),
      ["src"],
    );

    expect(summary.violations).toEqual([]);
    expect(summary.totalDependenciesCruised).toBeGreaterThan(8);
  });
});
