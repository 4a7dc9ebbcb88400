/** bin/modprobot starts on a Node that strips types and on one that was built without that, as Debian's is. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { run } from "../../src/process.ts";

const PROGRAM = resolve(import.meta.dirname, "../../bin/modprobot");

/** What it writes where the Node on PATH is this shell script. */
async function startWith(script: string, args: readonly string[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "modprobot-start-"));
  try {
    const node = join(directory, "node");
    await writeFile(node, `#!/bin/sh\n${script}\n`);
    await chmod(node, 0o755);
    const { stdout } = await run(PROGRAM, [...args], {
      signal: AbortSignal.timeout(30_000),
      env: { PATH: `${directory}:/usr/bin:/bin` },
    });
    return stdout;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const NODE = JSON.stringify(process.execPath);

it.each([
  ["strips types", ""],
  ["does not", "--no-experimental-strip-types"],
])("starts on a Node that %s", async (_name, flag) => {
  expect(await startWith(`exec ${NODE} ${flag} "$@"`, ["--version"])).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it.each([
  ["serve", true],
  ["worker", true],
  ["check", false],
])("starts %s with a garbage collector of one thread: %s", async (command, one) => {
  const told = await startWith(`case $1 in -p) exec ${NODE} "$@" ;; esac; echo "$@"`, [command]);

  expect(told).toMatch(new RegExp(`main\\.ts ${command}\n$`));
  expect(told.includes("--single-threaded-gc")).toBe(one);
});
