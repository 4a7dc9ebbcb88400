/** bin/modprobot starts on a Node that strips types and on one that was built without that, as Debian's is. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { run } from "../../src/process.ts";

const PROGRAM = resolve(import.meta.dirname, "../../bin/modprobot");

it.each([
  ["strips types", ""],
  ["does not", "--no-experimental-strip-types"],
])("starts on a Node that %s", async (_name, flag) => {
  const directory = await mkdtemp(join(tmpdir(), "modprobot-start-"));
  try {
    const node = join(directory, "node");
    await writeFile(node, `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${flag} "$@"\n`);
    await chmod(node, 0o755);

    const { stdout } = await run(PROGRAM, ["--version"], {
      signal: AbortSignal.timeout(30_000),
      env: { PATH: `${directory}:/usr/bin:/bin` },
    });

    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
