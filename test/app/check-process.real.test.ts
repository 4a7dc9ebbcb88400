/**
 * A check in its own process, ended in every way there is: told to stop, killed itself, its server killed. Nothing it
 * started may be left, and what died is the machine's trouble.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hostSystem } from "../../src/cli/host-system.ts";
import type { CheckResult, StageName } from "../../src/domain/check-result.ts";
import { EnvironmentError, Interrupted, UserError } from "../../src/errors.ts";
import { startHttpRemote, TOKEN } from "../git/http-remote.ts";
import { gitIn } from "../git/repositories.ts";
import { makeKernelRepo, PROJECT, start, temporaryDirectory } from "../harness/modprobot.ts";
import { type Held, openHeld, requestOf } from "./holds-a-check.ts";

const root = temporaryDirectory();
let made: Promise<unknown> | undefined;

/** A check of the kernel package set, from a git server, with data of its own. */
async function held(name: string): Promise<Held> {
  const bare = join(root, "owner", "name.git");
  made ??= makeKernelRepo(join(root, "repo")).then(() =>
    gitIn(root, "clone", "--quiet", "--bare", join(root, "repo"), bare),
  );
  await made;
  const remote = await startHttpRemote(root);
  const place = join(root, name);
  const [dataDirectory, temporaryDirectory] = [join(place, "data"), join(place, "tmp")];
  mkdirSync(temporaryDirectory, { recursive: true });
  const [base, head] = ["main", "split-modules"].map((branch) => gitIn(bare, "rev-parse", branch));
  return {
    url: remote.url("owner/name.git"),
    token: TOKEN,
    base: base ?? "",
    head: head ?? "",
    dataDirectory,
    temporaryDirectory,
    system: hostSystem(),
  };
}

/** Runs a check until a stage is at work; what came of it, and its process. */
async function until(stage: StageName, given: Held, signal: AbortSignal) {
  const place = await openHeld(given, signal);
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const ended = place
    .check(
      requestOf(given),
      { onStage: (name, status) => void (name === stage && status === "running" && resolve()) },
      signal,
    )
    .catch((error: unknown) => error);
  await Promise.race([reached, ended]);
  return { place, ended, pid: checkProcesses(process.pid)[0] ?? 0 };
}

/** Of a server's process. */
function checkProcesses(parent: number): number[] {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, ppid, args = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(ppid) === parent && args.includes("check-process.ts") ? [Number(pid)] : [];
  });
}

/** Whatever names the place in its command line or environment, and the check's processes. */
function leftOf({ dataDirectory }: Held, ...pids: number[]): string[] {
  const place = join(dataDirectory, "..");
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      const read = (file: string) => readFileSync(`/proc/${name}/${file}`, "latin1");
      if (/^State:\s+Z/m.test(read("status"))) return false;
      return pids.includes(Number(name)) || (read("cmdline") + read("environ")).includes(place);
    } catch {
      return false; // It has ended meanwhile.
    }
  });
}

const nothingLeft = (given: Held, ...pids: number[]) =>
  expect.poll(() => leftOf(given, ...pids), { timeout: 20_000 }).toEqual([]);

const STAGES = ["evaluate", "build", "vm"] as const satisfies readonly StageName[];
const never = new AbortController().signal;

describe("the process of a check", () => {
  it("gives the result, what it found out before, and what it keeps; then it is gone", async () => {
    const given = await held("whole");
    const stages: string[] = [];
    const soFar: CheckResult[] = [];
    const kept = new Map<string, unknown>();
    let pid = 0;
    let result: CheckResult;
    {
      await using place = await openHeld(given, never);
      [pid = 0] = checkProcesses(process.pid);
      expect(await place.git.changedFiles(given.base, given.head, never)).toContain(
        "pkgs/os-specific/linux/kernel/build.nix",
      );
      expect(await place.git.readFile(given.base, "no-such-file", never)).toBeUndefined();
      result = await place.check(
        requestOf(given),
        {
          onStage: (stage, status) => stages.push(`${stage} ${status}`),
          onResult: (one) => soFar.push(one),
          memory: {
            save: async (stage, value) => void kept.set(stage, value),
            load: async (stage) => kept.get(stage),
          },
        },
        never,
      );
    }

    expect(result).toMatchObject({ base: given.base, head: given.head, verdict: "failure" });
    expect(soFar.map(({ verdict }) => verdict)).toEqual(["neutral", "neutral", "neutral"]);
    expect(stages.slice(0, 2)).toEqual(["checkout running", "checkout done"]);
    expect([...kept.keys()]).toEqual(["evaluate", "vm", "consumers"]);
    expect(readdirSync(given.temporaryDirectory)).toEqual([]);
    await nothingLeft(given, pid);
  });

  it("keeps the class of what it throws", async () => {
    const given = await held("errors");
    await using place = await openHeld(given, never);
    const request = requestOf(given);
    const broken = { ...request, config: { ...request.config, entry: "no-such.nix" } };

    const thrown: unknown = await place
      .check(broken, { onStage() {} }, never)
      .catch((error: unknown) => error);
    const gone: unknown = await place.git
      .readFile("f".repeat(40), "x", never)
      .catch((error: unknown) => error);

    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ code: "entry-missing", details: expect.stringContaining("entry") });
    expect(gone).toBeInstanceOf(EnvironmentError);
    expect(gone).toMatchObject({ code: "git-gone", retryable: true });
  });

  it("has no secret in its environment", async () => {
    process.env["PRIVATE_KEY"] = "a-secret-of-the-server";
    try {
      await using _place = await openHeld(await held("secrets"), never);
      const [pid] = checkProcesses(process.pid);

      expect(readFileSync(`/proc/${pid}/environ`, "latin1")).not.toContain("a-secret-of-the-server");
    } finally {
      delete process.env["PRIVATE_KEY"];
    }
  });

  it.each(STAGES)("told to stop in stage %s ends with all it started, and tidies up", async (stage) => {
    const given = await held(`stop-${stage}`);
    const stop = new AbortController();
    const { place, ended, pid } = await until(stage, given, stop.signal);

    stop.abort(new Interrupted());

    expect(await ended).toBeInstanceOf(Interrupted);
    await place[Symbol.asyncDispose]();
    await nothingLeft(given, pid);
    // Nix at times leaves its own build directory behind (docs/architecture.md).
    expect(readdirSync(given.temporaryDirectory).filter((name) => !name.startsWith("nix-build-"))).toEqual(
      [],
    );
  });

  it.each(STAGES)(
    "killed in stage %s is the machine's trouble, and leaves nothing running",
    async (stage) => {
      const given = await held(`killed-${stage}`);
      const { place, ended, pid } = await until(stage, given, never);

      process.kill(pid, "SIGKILL");

      const error = await ended;
      expect(error).toBeInstanceOf(EnvironmentError);
      expect(error).toMatchObject({
        code: "check-process-died",
        retryable: true,
        message: expect.stringContaining("SIGKILL"),
      });
      await place[Symbol.asyncDispose]();
      await nothingLeft(given, pid);
    },
  );

  it("that was stopped by somebody and does not answer is ended", async () => {
    const given = await held("stuck");
    const stop = new AbortController();
    const { place, ended, pid } = await until("build", given, stop.signal);
    process.kill(pid, "SIGSTOP");

    stop.abort(new Interrupted());

    expect(await ended).toBeInstanceOf(Interrupted);
    await place[Symbol.asyncDispose]();
    await nothingLeft(given, pid);
  });

  it.each(STAGES)("ends in stage %s when its server is killed", async (stage) => {
    const given = await held(`orphan-${stage}`);
    const server = start(process.execPath, [
      join(PROJECT, "test/app/holds-a-check.ts"),
      JSON.stringify(given),
    ]);
    await server.shows(`${stage}: running`);
    const pids = checkProcesses(server.pid);
    expect(pids).toHaveLength(1);

    process.kill(server.pid, "SIGKILL");
    await server.ended;

    await nothingLeft(given, ...pids);
    expect(readdirSync(given.temporaryDirectory).filter((name) => !name.startsWith("nix-build-"))).toEqual(
      [],
    );
  });
});
