/**
 * Our own share of a check's time: everything but Nix building and QEMU running.
 *
 * A salt in the package set's `config` makes every derivation new, so that the first check really builds; the
 * second repeats it with everything cached, the third checks a change that only touches a comment.
 */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { hostSystem } from "../src/cli/host-system.ts";
import { parseConfig } from "../src/config/config.ts";
import { createGit } from "../src/git/git.ts";
import { createNix } from "../src/nix/adapter.ts";
import { createVm } from "../src/vm/adapter.ts";
import { check } from "../src/workflow/check.ts";
import type { NixPort, VmPort } from "../src/workflow/ports.ts";
import { type BusyTime, createBusyTime } from "./busy-time.ts";

const project = new URL("..", import.meta.url).pathname;
const signal = new AbortController().signal;
const clock = () => performance.now();

interface Row {
  readonly name: string;
  readonly wall: number;
  readonly outside: number;
  readonly verdict: string;
}

export async function benchCheck(): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "modprobot-bench-"));
  try {
    execFileSync(`${project}/bin/make-kernel-repo`, [`${work}/repo`], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const rows = [
      await measure("split-modules, nothing built", work, "split-modules"),
      await measure("split-modules again", work, "split-modules"),
      await measure("comment-only", work, "comment-only"),
    ];
    print(rows);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function measure(name: string, work: string, branch: string): Promise<Row> {
  const places = { dataDirectory: `${work}/data`, temporaryDirectory: `${work}/tmp` };
  await mkdir(places.temporaryDirectory, { recursive: true });
  await mkdir(places.dataDirectory, { recursive: true });
  const git = await createGit({ ...places, repository: `${work}/repo`, allowDirty: false, signal });
  const outside = createBusyTime(clock);
  // The salt is the same for all rows of one run and new for each run.
  const text = JSON.stringify({
    kernels: ["linux"],
    recipes: ["pkgs/os-specific/linux/kernel/**"],
    nixpkgsConfig: { salt: work },
  });
  const { config } = parseConfig(text, "bench");

  const started = clock();
  const result = await check(
    {
      base: await git.resolve("main", signal),
      head: await git.resolve(branch, signal),
      config,
      systems: [hostSystem()],
      scope: "everything",
    },
    {
      git,
      nix: timedNix(createNix(places), outside),
      vm: timedVm(createVm(places), outside),
      progress: { stage() {}, detail() {} },
      clock,
      cores: cpus().length,
      buildSystem: hostSystem(),
    },
    signal,
  );
  return { name, wall: clock() - started, outside: outside.milliseconds(), verdict: result.verdict };
}

function timedNix(nix: NixPort, busy: BusyTime): NixPort {
  return {
    ...nix,
    async evaluate(request, onProgress, abort) {
      const tree = await nix.evaluate(request, onProgress, abort);
      const { derivations } = tree;
      return {
        ...tree,
        derivations: {
          ...derivations,
          realise: (...args) => busy.during(() => derivations.realise(...args)),
        },
      };
    },
  };
}

function timedVm(vm: VmPort, busy: BusyTime): VmPort {
  return { boot: (request, abort) => busy.during(() => vm.boot(request, abort)) };
}

function print(rows: readonly Row[]): void {
  const seconds = (ms: number) => (ms / 1000).toFixed(1).padStart(8);
  const lines = [
    `${cpus().length} cores; wall and building/booting in seconds; ours = everything but Nix building and QEMU running`,
    `${"check".padEnd(32)}${"wall".padStart(8)}${"outside".padStart(9)}${"ours".padStart(8)}${"share".padStart(8)}  verdict`,
    ...rows.map(({ name, wall, outside, verdict }) => {
      const share = `${((100 * (wall - outside)) / wall).toFixed(1)} %`;
      return `${name.padEnd(32)}${seconds(wall)} ${seconds(outside)}${seconds(wall - outside)}${share.padStart(8)}  ${verdict}`;
    }),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
