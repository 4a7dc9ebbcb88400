/**
 * Ctrl-C in every stage: children ended, temporary files gone, no checkout half given back, status 130.
 *
 * A salt in the package set's `config` makes every derivation new, so that each stage has real work to be
 * interrupted in.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { makeKernelRepo, PROJECT, start, temporaryDirectory } from "../harness/modprobot.ts";

const work = temporaryDirectory();
const repo = join(work, "repo");
beforeAll(() => makeKernelRepo(repo));

function begin(stage: string) {
  const place = join(work, stage);
  const temporary = join(place, "tmp");
  mkdirSync(temporary, { recursive: true });
  const config = join(place, "config.yml");
  writeFileSync(
    config,
    JSON.stringify({
      kernels: ["linux"],
      vmTests: ["nixosTests.systemd-initrd-modprobe"],
      nixpkgsConfig: { salt: place },
    }),
  );
  const program = start(
    `${PROJECT}/bin/modprobot`,
    [
      ...["check", "--repo", repo, "--base", "main", "--head", "split-modules", "--config", config],
      ...["--data", join(place, "data"), "--json", join(place, "report.json"), "--progress", "lines"],
    ],
    { TMPDIR: temporary },
  );
  return { program, place, temporary };
}

/** Every process whose command line or environment names the place, as the kernel lists them. */
function processesAt(place: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const words =
          readFileSync(`/proc/${pid}/cmdline`, "latin1") + readFileSync(`/proc/${pid}/environ`, "latin1");
        return words.includes(place);
      } catch {
        return false; // It has ended meanwhile.
      }
    });
}

/** What is in the directory of kept checkouts and is not whole. */
function inUse(data: string): string[] {
  const directory = join(data, "git", "worktrees");
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter(
    (name) => !name.startsWith("kept-") || !existsSync(join(directory, name, "record.json")),
  );
}

describe.each(["checkout", "evaluate", "build", "sizes", "vm", "consumers"])(
  "Ctrl-C in stage %s",
  (stage) => {
    it("leaves nothing running and nothing lying around", async () => {
      const { program, place, temporary } = begin(stage);
      await program.shows(`${stage}: running`);
      await pause(stage === "checkout" || stage === "sizes" ? 20 : 1_500);

      process.kill(program.pid, "SIGINT");
      const ended = await program.ended;

      expect(ended.status).toBe(130);
      expect(ended.stderr).toContain("interrupted");
      expect(ended.stdout).toBe("");
      expect(existsSync(join(place, "report.json"))).toBe(false);
      // Known gap: Nix, told to stop in the midst of unpacking, at times leaves its own build directory behind.
      expect(readdirSync(temporary).filter((name) => !name.startsWith("nix-build-"))).toEqual([]);
      expect(inUse(join(place, "data"))).toEqual([]);
      // A builder that was killed is gone only once the kernel has taken its memory apart.
      await expect.poll(() => processesAt(place), { timeout: 20_000 }).toEqual([]);
    });
  },
);
