import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { EnvironmentError, Interrupted } from "../src/errors.ts";
import { type RunOptions, run } from "../src/process.ts";

const never = new AbortController().signal;
const shell = (script: string, options: Partial<RunOptions> = {}) =>
  run("sh", ["-c", script], { signal: never, ...options });

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "process-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie whose parent has not asked yet is as dead as can be.
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** Resolves once `condition` holds; fails the test after two seconds. */
async function eventually(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 2_000, interval: 20 }).toBe(true);
}

describe("how a program ended is a result", () => {
  it.each([
    { script: "exit 0", exitCode: 0, signal: null },
    { script: "exit 3", exitCode: 3, signal: null },
    { script: "kill -KILL $$", exitCode: null, signal: "SIGKILL" },
  ])("$script", async ({ script, exitCode, signal }) => {
    expect(await shell(script)).toMatchObject({ exitCode, signal, timedOut: false });
  });

  it("keeps both streams apart", async () => {
    expect(await shell("echo out; echo err >&2")).toMatchObject({ stdout: "out\n", stderr: "err\n" });
  });
});

describe("a program that cannot start", () => {
  it.each([
    { name: "is not there", file: "no-such-program", code: "program-missing" },
    { name: "is not executable", file: "/etc/passwd", code: "program-missing" },
  ])("because it $name", async ({ file, code }) => {
    const error: unknown = await run(file, [], { signal: never }).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({ code, details: expect.stringContaining("bin/setup") });
  });

  it("because its directory is gone, does not make the program missing", async () => {
    const error: unknown = await shell("true", { cwd: "/no/such/directory" }).catch(
      (thrown: unknown) => thrown,
    );

    expect(error).toMatchObject({
      code: "program-unstartable",
      message: expect.stringContaining("/no/such/directory"),
    });
  });

  it("because its arguments are too long, does not look like one that said nothing", async () => {
    await expect(run("echo", ["x".repeat(300_000)], { signal: never })).rejects.toMatchObject({
      code: "program-unstartable",
    });
  });

  it.each([{ input: { file: "/no/such/file" } }, { stdoutFile: "/no/such/directory/file" }])(
    "because a file cannot be opened: %j",
    async (options) => {
      await expect(shell("cat", options)).rejects.toMatchObject({ code: "ENOENT", syscall: "open" });
    },
  );
});

describe("standard input", () => {
  it("is empty unless given", async () => {
    expect((await shell("wc -c")).stdout.trim()).toBe("0");
  });

  it.each([
    { name: "text", input: "häßlich", bytes: 9 },
    { name: "bytes", input: Buffer.alloc(5_000_000), bytes: 5_000_000 },
  ])("is the given $name", async ({ input, bytes }) => {
    expect((await shell("wc -c", { input })).stdout.trim()).toBe(String(bytes));
  });

  it("is the given file", async () => {
    const file = join(temporaryDirectory(), "input");
    writeFileSync(file, "from a file");

    expect((await shell("cat", { input: { file } })).stdout).toBe("from a file");
  });

  it("may be left unread", async () => {
    expect((await shell("exit 0", { input: "x".repeat(5_000_000) })).exitCode).toBe(0);
  });
});

describe("output", () => {
  it("goes to a file where wanted", async () => {
    const stdoutFile = join(temporaryDirectory(), "output");

    const result = await shell("echo kept; echo err >&2", { stdoutFile });

    expect(readFileSync(stdoutFile, "utf8")).toBe("kept\n");
    expect(result).toMatchObject({ stdout: "", stderr: "err\n" });
  });

  it.each([
    { keepBytes: 20, stdout: "1\n2\n3\n", dropped: 0 },
    { keepBytes: 6, stdout: "1\n2\n3\n", dropped: 0 },
    { keepBytes: 5, stdout: "\n2\n3\n", dropped: 1 },
    { keepBytes: 0, stdout: "", dropped: 6 },
  ])("is kept from its end, $keepBytes bytes of it", async ({ keepBytes, stdout, dropped }) => {
    const result = await shell("printf '1\\n2\\n3\\n'; printf '1\\n2\\n3\\n' >&2", { keepBytes });

    expect(result).toMatchObject({ stdout, stdoutDropped: dropped, stderr: stdout, stderrDropped: dropped });
  });

  it("of any length takes bounded room, and what was dropped is counted", async () => {
    const result = await shell("yes 0123456789abcde | head -c 50000000", { keepBytes: 1_000 });

    expect(result.stdout).toHaveLength(1_000);
    expect(result.stdoutDropped).toBe(50_000_000 - 1_000);
  });

  it("comes in lines, the last one without an end too, and characters are never split", async () => {
    const lines: string[] = [];

    await shell("printf 'a\\n\\n\\303'; sleep 0.1; printf '\\251\\nlast'", {
      onStdoutLine: (line) => lines.push(line),
    });

    expect(lines).toEqual(["a", "", "é", "last"]);
  });

  it("cuts lines at 64 KiB", async () => {
    const lengths: number[] = [];
    const script =
      "head -c 65536 /dev/zero | tr '\\0' x; echo; head -c 3000000 /dev/zero | tr '\\0' y; echo; echo z";

    await shell(script, {
      onStderrLine: (line) => lengths.push(line.length),
      onStdoutLine: (line) => lengths.push(line.length),
    });

    expect(lengths).toEqual([65_536, 65_536, 1]);
  });

  it("whose reader throws ends the program and throws from run", async () => {
    const started = performance.now();
    const onStdoutLine = () => {
      throw new RangeError("reader");
    };

    await expect(shell("echo x; sleep 30", { onStdoutLine })).rejects.toThrow(new RangeError("reader"));

    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe("nothing outlives a run", () => {
  it("ends what the program left in the background, and does not wait for it", async () => {
    const started = performance.now();

    const result = await shell("sleep 30 & echo $!");

    expect(performance.now() - started).toBeLessThan(20_000);
    await eventually(() => !isAlive(Number(result.stdout)));
  });

  it("does not wait for what left the group and holds the pipe", async () => {
    const started = performance.now();

    const result = await shell("setsid sleep 40 & echo said");

    expect(performance.now() - started).toBeLessThan(30_000);
    expect(result).toMatchObject({ exitCode: 0, stdout: "said\n" });
  });

  it("ends children and grandchildren at the time limit", async () => {
    const result = await shell("sh -c 'sleep 30 & echo $!; wait' & echo $!; wait", { timeoutMs: 300 });

    const pids = result.stdout.trim().split("\n").map(Number);
    expect(result).toMatchObject({ timedOut: true, exitCode: null, signal: "SIGTERM" });
    expect(pids).toHaveLength(2);
    await eventually(() => !pids.some(isAlive));
  });

  it("kills what ignores the polite signal", async () => {
    const result = await shell("trap '' TERM; echo $$; while :; do sleep 0.1; done", { timeoutMs: 300 });

    expect(result).toMatchObject({ timedOut: true, signal: "SIGKILL" });
    expect(isAlive(Number(result.stdout))).toBe(false);
  });

  it("ends everything on abort and throws Interrupted", async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const running = run("sh", ["-c", "sh -c 'sleep 30 & echo $!; wait' & echo $!; wait"], {
      signal: controller.signal,
      onStdoutLine: (line) => {
        pids.push(Number(line));
        if (pids.length === 2) controller.abort();
      },
    });

    await expect(running).rejects.toBeInstanceOf(Interrupted);

    await eventually(() => !pids.some(isAlive));
  });

  it("does not start at all when aborted before", async () => {
    const file = join(temporaryDirectory(), "ran");

    await expect(shell(`touch ${file}`, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(Interrupted);

    expect(existsSync(file)).toBe(false);
  });
});

describe("the environment", () => {
  it("holds no secret of ours", async () => {
    process.env["GITHUB_TOKEN"] = "secret";
    onTestFinished(() => {
      delete process.env["GITHUB_TOKEN"];
    });

    const { stdout } = await shell("env");

    expect(stdout).not.toContain("secret");
    expect(stdout).toContain("HOME=/homeless-shelter");
  });

  it("is the given one and nothing else", async () => {
    const { stdout } = await run("/usr/bin/env", [], { signal: never, env: { ONLY: "this" } });

    expect(stdout).toBe("ONLY=this\n");
  });
});
