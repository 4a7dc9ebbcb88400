import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EnvironmentError } from "../../src/errors.ts";
import { readModulesTree } from "../../src/vm/modules-tree.ts";

const VERSION = "6.1.0";
const ALL = new Set(["gz", "xz", "zst"] as const);
let root: string;
let outside: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "modules-tree-"));
  outside = await mkdtemp(join(tmpdir(), "modules-tree-outside-"));
  await writeFile(join(outside, "secret"), "secret");
});
afterEach(async () => {
  await rm(root, { recursive: true });
  await rm(outside, { recursive: true });
});

async function add(path: string, content: string | Buffer) {
  const file = join(root, "lib/modules", VERSION, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}
async function link(path: string, target: string) {
  const file = join(root, "lib/modules", VERSION, path);
  await mkdir(dirname(file), { recursive: true });
  await symlink(target, file);
}
const read = (names = ["loop"], understood: ReadonlySet<"gz" | "xz" | "zst"> = ALL) =>
  readModulesTree(root, VERSION, names, understood);
const paths = async (names?: string[]) =>
  (await read(names)).files.map((file) => file.path.split(`${VERSION}/`)[1]);
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: EnvironmentError) => error.code,
  );

it("takes the indexes and the modules asked for, and nothing else", async () => {
  await add("modules.dep", "kernel/loop.ko:\nkernel/xfs.ko:\n");
  await add("modules.dep.bin", "x");
  await add("kernel/loop.ko", "loop");
  await add("kernel/xfs.ko", "xfs");
  await add("notes.txt", "x");
  await link("build", outside);

  expect(await paths()).toEqual(["modules.dep", "modules.dep.bin", "kernel/loop.ko"]);
});

describe("a tree that is not there", () => {
  it.each([".", "..", "../..", "", "6.2", "6.1.0/kernel", "-x"])("version %j", async (version) => {
    await add("modules.dep", "");

    expect(await readModulesTree(root, version, [], ALL)).toEqual({ present: false, files: [] });
  });

  it("is no error where the root itself is absent", async () => {
    expect((await readModulesTree(join(root, "none"), VERSION, [], ALL)).present).toBe(false);
  });
});

describe("links", () => {
  it("inside the root are followed", async () => {
    await add("modules.dep", "kernel/loop.ko:\n");
    await add("kernel/real.ko", "loop");
    await link("kernel/loop.ko", "real.ko");

    expect((await read()).files.at(-1)?.content.toString()).toBe("loop");
  });

  it("that dangle are as good as nothing", async () => {
    await add("modules.dep", "kernel/loop.ko:\n");
    await link("kernel/loop.ko", "nowhere");

    expect(await paths()).toEqual(["modules.dep"]);
  });

  it.each([
    { name: "a module", path: "kernel/loop.ko" },
    { name: "an index", path: "modules.alias" },
  ])("$name that leads out is refused", async ({ path }) => {
    await add("modules.dep", "kernel/loop.ko:\n");
    await link(path, join(outside, "secret"));

    expect(await code(read())).toBe("modules-refused");
  });

  it("a directory on the way that leads out is refused", async () => {
    await add("modules.dep", "kernel/loop.ko:\n");
    await writeFile(join(outside, "loop.ko"), "secret");
    await link("kernel", outside);

    expect(await code(read())).toBe("modules-refused");
  });

  it("a tree that leads out as a whole is refused", async () => {
    await mkdir(join(outside, VERSION));
    await mkdir(join(root, "lib"));
    await symlink(outside, join(root, "lib/modules"));

    expect(await code(read())).toBe("modules-refused");
  });
});

it.each([
  "../x.ko",
  "../../../x.ko",
  "/etc/passwd.ko",
  "kernel/../loop.ko",
  "kernel//loop.ko",
  "./kernel/loop.ko",
])("does not follow an index to %j, whatever is there", async (path) => {
  await add("modules.dep", `kernel/loop.ko: ${path}\n`);
  await add("kernel/loop.ko", "loop");
  await add("loop.ko", "loop");
  await add("../x.ko", "x");
  await add("../../../x.ko", "x");

  expect(await paths()).toEqual(["modules.dep", "kernel/loop.ko"]);
});

it("refuses a module of two hundred megabytes without reading it", async () => {
  await add("modules.dep", "kernel/loop.ko:\n");
  await add("kernel/loop.ko", "");
  const { truncate } = await import("node:fs/promises");
  await truncate(join(root, "lib/modules", VERSION, "kernel/loop.ko"), 200 * 1024 * 1024);

  expect(await code(read())).toBe("modules-refused");
});

describe("compressed modules", () => {
  const plain = Buffer.from("a module");
  it.each([
    { name: "gz the guest reads", file: gzipSync(plain), understood: ALL, same: true },
    {
      name: "gz the guest does not read",
      file: gzipSync(plain),
      understood: new Set<"xz">(["xz"]),
      same: false,
    },
    { name: "zst the guest reads", file: zstdCompressSync(plain), understood: ALL, same: true },
    {
      name: "zst the guest does not read",
      file: zstdCompressSync(plain),
      understood: new Set<"xz">(["xz"]),
      same: false,
    },
    { name: "a plain file", file: plain, understood: new Set<"xz">(), same: true },
    { name: "a damaged gz", file: gzipSync(plain).subarray(0, 12), understood: new Set<"xz">(), same: true },
  ])("$name", async ({ file, understood, same }) => {
    await add("modules.dep", "kernel/loop.ko.any:\n");
    await add("kernel/loop.ko.any", file);

    const content = (await read(["loop"], understood)).files.at(-1)?.content;

    expect(content?.equals(same ? file : plain)).toBe(true);
  });

  it("xz the guest does not read is our trouble", async () => {
    await add("modules.dep", "kernel/loop.ko.xz:\n");
    await add("kernel/loop.ko.xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0]));

    expect(await code(read(["loop"], new Set(["gz"])))).toBe("modules-refused");
  });

  it("does not unpack a bomb", async () => {
    await add("modules.dep", "kernel/loop.ko.gz:\n");
    const tenMegabytes = gzipSync(Buffer.alloc(10 * 1024 * 1024));
    const bomb = Buffer.concat(Array.from({ length: 13 }, () => tenMegabytes));
    await add("kernel/loop.ko.gz", bomb);

    expect((await read(["loop"], new Set(["xz"]))).files.at(-1)?.content.length).toBe(bomb.length);
  });
});
