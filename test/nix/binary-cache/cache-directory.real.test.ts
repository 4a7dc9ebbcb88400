/** Where evaluators leave their caches: in memory, and nothing of it for longer than the run it belongs to. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ENDED, openCache, openCacheDirectory } from "../../../src/nix/binary-cache/cache-directory.ts";
import { ownName } from "../../../src/own-names.ts";

const PREFIX = "modprobot-caches-";

let within: string;
beforeEach(async () => {
  within = await mkdtemp("/dev/shm/modprobot-test-");
});
afterEach(() => rm(within, { recursive: true, force: true }));

it("is ours alone, and gone with everything in it", async () => {
  {
    await using caches = await openCacheDirectory(within);
    await writeFile(join(caches?.path ?? "", "left"), "");
    expect(await caches?.hasRoom()).toBe(true);
  }
  expect(await readdir(within)).toEqual([]);
});

it("has a place for each run, which is called ended once it is", async () => {
  await using caches = await openCacheDirectory(within);
  const directory = caches?.path ?? "";
  let name = "";
  {
    await using cache = await openCache(directory);
    name = cache.path;
    expect(await readdir(name)).toEqual(["nar"]);
  }
  await using _second = await openCache(directory);

  const names = (await readdir(directory)).map((entry) => join(directory, entry));
  expect(names).toHaveLength(2);
  expect(names).toContain(`${name}${ENDED}`);
});

it("takes away what a killed run of ours left, and nothing else", async () => {
  const own = await ownName(PREFIX);
  // A process that has ended: no process has started at tick 1 except those of the kernel.
  const dead = own.replace(/-\d+-\d+-$/, "-999999-1-abandoned");
  for (const name of [`${own}alive`, dead, "somebody-elses", `${PREFIX}0-1-1-unknown`])
    await mkdir(join(within, name));

  await using _caches = await openCacheDirectory(within);

  const left = await readdir(within);
  expect(left).not.toContain(dead);
  expect(left).toEqual(expect.arrayContaining([`${own}alive`, "somebody-elses", `${PREFIX}0-1-1-unknown`]));
});

it("is none on a disk, or where there is no such directory", async () => {
  const disk = await mkdtemp(join(tmpdir(), "modprobot-disk-"));
  try {
    expect(await openCacheDirectory(disk)).toBeUndefined();
    expect(await openCacheDirectory(join(disk, "missing"))).toBeUndefined();
  } finally {
    await rm(disk, { recursive: true });
  }
});
