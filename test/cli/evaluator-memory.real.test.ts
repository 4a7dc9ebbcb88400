import { spawn } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { evaluatorBytes } from "../../src/cli/app/evaluator-memory.ts";
import { waitFor } from "../harness/github/waits.ts";
import { temporaryDirectory } from "../harness/modprobot.ts";

const directory = temporaryDirectory();

it("counts evaluators below a process, however deep, and nobody else's", async () => {
  const evaluator = join(directory, "nix-instantiate");
  copyFileSync("/bin/sleep", evaluator);
  expect(await evaluatorBytes(process.pid)).toBe(0);

  const shell = spawn("sh", ["-c", `sh -c '"$0" 60; true' "${evaluator}"; true`], { detached: true });
  onTestFinished(() => {
    process.kill(-(shell.pid ?? 0), "SIGKILL");
  });

  const bytes = await waitFor("the evaluator to run", "server", async () => {
    const found = await evaluatorBytes(process.pid);
    return found > 0 ? found : undefined;
  });
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(100_000_000);
  expect(await evaluatorBytes(shell.pid ?? 0)).toBe(bytes);
  expect(await evaluatorBytes(1_999_999_999)).toBe(0);
});
