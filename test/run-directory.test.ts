import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeRunDirectory } from "../src/run-directory.ts";

function parent(): string {
  const directory = mkdtempSync(join(tmpdir(), "run-directory-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The name another run of this boot and namespace would have. */
async function nameOf(directory: string, pid: number | string, started: number | string): Promise<string> {
  await using own = await makeRunDirectory(directory);
  const [prefix, place] = basename(own.path).split("-");
  return `${prefix}-${place}-${pid}-${started}-abcdef`;
}

it("is gone with everything in it when the run ends", async () => {
  const directory = parent();
  {
    await using run = await makeRunDirectory(directory);
    mkdirSync(join(run.path, "checkout"));
    writeFileSync(join(run.path, "checkout", "file"), "");
    expect(readdirSync(directory)).toEqual([basename(run.path)]);
  }
  expect(readdirSync(directory)).toEqual([]);
});

it("leaves a run that is alive alone", async () => {
  const directory = parent();
  await using first = await makeRunDirectory(directory);
  await using second = await makeRunDirectory(directory);

  expect(readdirSync(directory)).toHaveLength(2);
  expect(existsSync(first.path) && existsSync(second.path)).toBe(true);
});

it("removes what a killed run left, also when its process number is used again", async () => {
  const directory = parent();
  const gone = await nameOf(directory, 2 ** 22 + 1, 5);
  const reused = await nameOf(directory, process.pid, 5);
  for (const name of [gone, reused]) mkdirSync(join(directory, name, "checkout"), { recursive: true });

  await using run = await makeRunDirectory(directory);

  expect(readdirSync(directory)).toEqual([basename(run.path)]);
});

it("touches nothing that is not surely a dead run's of this machine", async () => {
  const directory = parent();
  const dead = await nameOf(directory, 2 ** 22 + 1, 5);
  const elsewhere = dead.replace(/^modprobot-[0-9a-f]+/, "modprobot-0123456789");
  for (const name of [elsewhere, "modprobot-notes", `x${dead}`]) mkdirSync(join(directory, name));
  writeFileSync(join(directory, dead), "a file of that name");
  mkdirSync(join(directory, "target"));
  writeFileSync(join(directory, "target", "kept"), "kept");
  symlinkSync("target", join(directory, dead.replace("abcdef", "ghijkl")));

  await using run = await makeRunDirectory(directory);

  expect(readdirSync(directory)).toHaveLength(7);
  expect(existsSync(run.path)).toBe(true);
  expect(readFileSync(join(directory, "target", "kept"), "utf8")).toBe("kept");
});
