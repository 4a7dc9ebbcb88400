/**
 * The same package set by nix-eval-jobs (https://github.com/nix-community/nix-eval-jobs), which is not used: where it is on PATH
 * it is run, elsewhere what it said once is compared (recorded/nix-eval-jobs.jsonl, of the version for Nix 2.8).
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { formatAttrPath } from "../../src/domain/attr-path.ts";
import type { AttrPath, AttrResult } from "../../src/domain/evaluation.ts";
import { findProgram } from "../../src/nix/find-program.ts";
import { attrsOf, evaluate, packageSet, withShell, workplace } from "./package-set.ts";

const SET = withShell(`
  plain = sh "plain" "" { };
  alias = plain;
  outputs = sh "outputs" "" { outputs = [ "out" "dev" "modules" ]; };
  depends = sh "depends" "" { inherit plain; more = outputs.modules; };
  source = sh "source" "" { src = ./file; text = builtins.toFile "text" "a text"; };
  "a b" = sh "spaces" "" { };
  "x.y" = sh "dots" "" { };
  "if" = sh "keyword" "" { };
  set = {
    recurseForDerivations = true;
    inner = sh "inner" "" { };
    deep = { recurseForDerivations = true; "d e" = sh "quoted" "" { }; throws = throw "deep"; };
    unmarked = { hidden = sh "hidden" "" { }; };
  };
  released = { recurseForRelease = true; one = sh "one" "" { }; };
  unmarked = { hidden = sh "hidden" "" { }; };
  throws = throw "no";
  asserts = assert false; sh "asserts" "" { };
  aborts = abort "not at all";
  missing = { }.name;
  endless = let x = x; in x;
  text = "a string";
  function = x: x;
  number = 1;
`);
const FILES = { "default.nix": SET, file: "contents\n" };

/** One line of it, as far as it is compared. */
interface Job {
  readonly attrPath: readonly string[];
  readonly error?: string;
  readonly drvPath?: string;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly system?: string;
}

const program = await findProgram("nix-eval-jobs");
const RECORDED = new URL("./recorded/nix-eval-jobs.jsonl", import.meta.url);

async function runJobs(directory: string, tree: string): Promise<string> {
  const file = join(directory, "jobs.nix");
  const store = join(directory, "jobs-store");
  await mkdir(store);
  await writeFile(file, `import ${tree}/default.nix { system = "x86_64-linux"; config = { }; }\n`);
  const options = { store: `local?root=${store}`, "build-users-group": "", substituters: "" };
  const words = Object.entries(options).flatMap(([name, value]) => ["--option", name, value]);
  // Two would get into each other's way while the store is made.
  const limits = ["--workers", "1", "--max-memory-size", "1024"];
  const { stdout } = await promisify(execFile)(program ?? "", [...limits, "--impure", ...words, file]);
  return stdout;
}

describe("nix-eval-jobs and we", () => {
  let ours: Readonly<Record<AttrPath, AttrResult>>;
  let theirs: ReadonlyMap<AttrPath, Job>;
  beforeAll(async () => {
    await using place = await workplace();
    const request = await packageSet(place, FILES);
    ours = attrsOf(await evaluate(place, request));
    const said =
      program === undefined
        ? await readFile(RECORDED, "utf8")
        : await runJobs(place.directory, request.checkout.directory);
    const jobs = said
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Job);
    theirs = new Map(jobs.map((job) => [formatAttrPath(job.attrPath), job]));
  });
  const derivations = () => [...theirs].filter(([, { drvPath }]) => drvPath !== undefined);
  const failures = () => [...theirs].filter(([, { error }]) => error !== undefined);

  it("say the same of every derivation that it lists", () => {
    expect(derivations()).toHaveLength(10);
    for (const [attr, { drvPath, outputs, name, system }] of derivations())
      expect(ours[attr]).toMatchObject({ ok: true, drv: drvPath, outputs, name, system });
  });

  it("list the same derivations, but those of sets that only `recurseForRelease` opens", () => {
    const ok = Object.keys(ours).filter((attr) => ours[attr]?.ok);
    const listed = new Set(derivations().map(([attr]) => attr));

    expect(ok.filter((attr) => !listed.has(attr))).toEqual(["released.one"]);
  });

  it("lose the same attrs, where it does not call a value that is no derivation an error", () => {
    const failed = Object.keys(ours).filter((attr) => ours[attr]?.ok === false);
    const lost = failures().filter(([, { error = "" }]) => !/is not supported|unsupported/.test(error));

    expect(lost.map(([attr]) => attr).sort()).toEqual(failed.sort());
    expect(failed.length).toBeGreaterThan(5);
  });
});
