/** What built outputs hold, with archives made by the real programs inside a real build. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nixString } from "../../src/domain/attr-path.ts";
import type { ConsumerContents } from "../../src/domain/consumer-contents.ts";
import {
  drvOf,
  evaluate,
  limits,
  packageSet,
  signal,
  type Workplace,
  withShell,
  workplace,
} from "./package-set.ts";

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
});
afterAll(async () => {
  await place[Symbol.asyncDispose]();
});

/** A kernel with three modules in `modules`, and none in `out`. */
const KERNEL = `
  linux = sh "linux" ''
    mkdir -p $out $modules/lib/modules/6.1/kernel/fs; echo image > $out/bzImage
    for m in ext4 tcp-hybla loop; do echo $m > $modules/lib/modules/6.1/kernel/fs/$m.ko.xz; done
    ln -s /build/linux $modules/lib/modules/6.1/build
  '' { outputs = [ "out" "modules" ]; };
`;
const ALL = ["ext4", "loop", "tcp_hybla"];

async function contentsOf(script: string): Promise<ConsumerContents> {
  const attrs = `${KERNEL}\n a = sh "a" ''${script}'' { linux = linux.out; mods = linux.modules; tree = "\${linux.modules}/lib/modules"; };`;
  const tree = await evaluate(place, await packageSet(place, { "default.nix": withShell(attrs) }));
  const outcome = await tree.derivations.realise(drvOf(tree, "a"), limits, signal);
  if (outcome.status !== "built") throw new Error(JSON.stringify(outcome));
  return place.nix.contents(outcome.outputs["out"] ?? "", signal);
}

const INITRD = `cd $tree; find . | cpio --quiet -o -H newc`;

describe("modules are found", () => {
  it.each([
    { where: "in the tree", script: `mkdir $out; cp -r $tree $out/m` },
    { where: "behind a link to a directory", script: `mkdir -p $out/lib; ln -s $tree $out/lib/modules` },
    { where: "behind links to links", script: `mkdir $out; ln -s one $out/two; ln -s $mods/lib $out/one` },
    {
      where: "behind links to files",
      script: `mkdir $out; for f in $tree/6.1/kernel/fs/*; do ln -s $f $out; done`,
    },
    { where: "when the output itself is a link", script: `ln -s $tree $out` },
    { where: "in a cpio archive", script: `{ ${INITRD}; } > $out` },
    { where: "in cpio.gz", script: `{ ${INITRD}; } | gzip > $out` },
    { where: "in cpio.xz", script: `{ ${INITRD}; } | xz --check=crc32 > $out` },
    { where: "in cpio.zst", script: `{ ${INITRD}; } | zstd -q -19 > $out` },
    { where: "in tar", script: `tar -C $tree -cf $out .` },
    { where: "in tar.gz", script: `tar -C $tree -czf $out .` },
    { where: "in tar.xz", script: `tar -C $tree -cJf $out .` },
    {
      where: "in an initrd in a tar archive",
      script: `mkdir t; (${INITRD}) | gzip > t/initrd; tar -cf $out t`,
    },
    {
      where: "in the third of several archives, each packed in its own way",
      script: `(cd $linux; find . | cpio --quiet -o -H newc) > $out; (echo README | (cd $NIX_BUILD_TOP; touch README; cpio --quiet -o -H newc)) | xz --check=crc32 >> $out; (${INITRD}) | zstd -q >> $out`,
    },
    {
      where: "in the last of several gzip members",
      script: `touch x; echo x | cpio --quiet -o -H newc | gzip > $out; (${INITRD}) | gzip >> $out; head -c 512 /dev/zero >> $out`,
    },
    {
      where: "in an archive behind a link",
      script: `mkdir $out; (${INITRD}) | gzip > $out/real; ln -s real $out/initrd`,
    },
  ])("$where", async ({ script }) => {
    const contents = await contentsOf(script);

    expect(contents.modules).toEqual(ALL);
    expect(contents).not.toHaveProperty("incomplete");
  });

  it("not where there are none", async () => {
    const contents = await contentsOf(`mkdir $out; ln -s $linux $out/kernel`);

    expect(contents.modules).toEqual([]);
    expect(contents.listing).toEqual(["kernel", "kernel/bzImage"]);
  });
});

describe("what cannot be counted is told", () => {
  it.each([
    { what: "a cut gzip", script: `(${INITRD}) | gzip | head -c 100 > $out`, said: /gz data is damaged/ },
    { what: "a cut xz", script: `(${INITRD}) | xz | head -c 100 > $out`, said: /xz data is damaged/ },
    { what: "a cut cpio", script: `(${INITRD}) | head -c 300 > $out`, said: /cpio archive is damaged/ },
    {
      what: "a cut tar",
      script: `tar -C $tree -cf - . | head -c 1500 > $out`,
      said: /tar archive is damaged/,
    },
    {
      what: "bytes after the archive",
      script: `(${INITRD}) > $out; echo garbage >> $out`,
      said: /data follows/,
    },
    { what: "an ext4 image", script: "truncate -s 4M $out; /usr/sbin/mkfs.ext4 -q $out", said: /ext image/ },
  ])("$what", async ({ script, said }) => {
    expect((await contentsOf(script)).incomplete).toMatch(said);
  });

  it("but a bomb is not waited for", async () => {
    const contents = await contentsOf("head -c 1100M /dev/zero | zstd -q -1 > $out");

    expect(contents.incomplete).toMatch(/damaged, or larger/);
  });
});

describe("links that lead nowhere", () => {
  it("are told when they are meant to lead into the store or beside themselves", async () => {
    const contents = await contentsOf(
      `mkdir -p $out/lib; ln -s $linux/lib/modules $out/lib/modules; ln -s nowhere $out/beside; ln -s loop $out/loop`,
    );

    expect(contents.dangling.map(({ path }) => path)).toEqual(["beside", "lib/modules", "loop"]);
  });

  it("not when they lead out of the store, or belong to something linked", async () => {
    const contents = await contentsOf(
      `mkdir $out; ln -s /etc/passwd $out/passwd; ln -s ../../../../etc $out/etc; ln -s /run/booted-system $out/run; ln -s $tree $out/m`,
    );

    expect(contents.dangling).toEqual([]);
    expect(contents.listing.filter((path) => path.startsWith("etc/") || path.includes("hostname"))).toEqual(
      [],
    );
  });
});

it("tells which store paths its texts name, and whether they are there", async () => {
  const contents = await contentsOf(
    'echo "#!/bin/sh" > $out; echo "insmod $tree/6.1/kernel/fs/loop.ko.xz. ls $linux/lib/modules/" >> $out; echo "find $linux/bzImage" >> $out',
  );

  const named = contents.named.map(({ path, inFile, line, exists }) => ({
    path: path.replace(/^\/nix\/store\/[0-9a-z]{32}-/, ""),
    inFile,
    line,
    exists,
  }));
  expect(named).toEqual(
    expect.arrayContaining([
      { path: "linux-modules/lib/modules/6.1/kernel/fs/loop.ko.xz", inFile: ".", line: 2, exists: true },
      { path: "linux/lib/modules", inFile: ".", line: 2, exists: false },
      { path: "linux/bzImage", inFile: ".", line: 3, exists: true },
    ]),
  );
});

it("measures sizes, references and files", async () => {
  const script = "mkdir -p $out/d; echo 12345 > $out/d/f; ln -s $mods $out/l";
  const attrs = `${KERNEL}\n a = sh "a" "${script}" { mods = linux.modules; };`;
  const tree = await evaluate(place, await packageSet(place, { "default.nix": withShell(attrs) }));
  const outcome = await tree.derivations.realise(drvOf(tree, "a"), limits, signal);
  if (outcome.status !== "built") throw new Error(JSON.stringify(outcome));
  const path = outcome.outputs["out"] ?? "";

  const { out } = await place.nix.measure(outcome.outputs, signal);

  expect(out?.files.map(({ path: file, type, size }) => [file, type, size])).toEqual([
    ["d", "directory", 0],
    ["d/f", "file", 6],
    ["l", "link", 0],
  ]);
  expect(out?.references).toEqual([expect.stringMatching(/-linux-modules$/)]);
  expect(out?.narSize).toBeGreaterThan(0);
  expect(out?.closureSize).toBeGreaterThan(out?.narSize ?? 0);
  expect(await place.nix.readOutputFile(path, "d/f")).toBe("12345\n");
  expect(await place.nix.readOutputFile(path, "d/none")).toBeUndefined();
  expect(await place.nix.readOutputFile(path, "d")).toBeUndefined();
});

const MODULE_SOURCE = `
char license[] __attribute__((section(".modinfo"), used)) = "license=GPL";
char a[] __attribute__((section(".modinfo"), used)) = "parmtype=max_loop:int";
char b[] __attribute__((section(".modinfo"), used)) = "parm=rtt0:the time";
`;

it("reads the parameters of modules, however they are compressed", async () => {
  const attrs = `linux = sh "linux" ''
    mkdir -p $out/lib/modules/6.1; cd $out/lib/modules/6.1
    gcc -c $source -o plain-one.ko
    gzip < plain-one.ko > g.ko.gz; xz < plain-one.ko > x.ko.xz; zstd -q < plain-one.ko > z.ko.zst
    echo no > damaged.ko.xz; echo no > none.ko; ln -s plain-one.ko link.ko
  '' { source = builtins.toFile "m.c" ${nixString(MODULE_SOURCE)}; };`;
  const tree = await evaluate(place, await packageSet(place, { "default.nix": withShell(attrs) }));
  const outcome = await tree.derivations.realise(drvOf(tree, "linux"), limits, signal);
  if (outcome.status !== "built") throw new Error(JSON.stringify(outcome));
  const { out } = await place.nix.measure(outcome.outputs, signal);
  if (out === undefined) throw new Error("not measured");

  const modules = await place.nix.modules(out.path, "6.1", out, signal);

  expect(modules.map(({ name, compression, parameters }) => [name, compression, parameters])).toEqual([
    ["damaged", "xz", undefined],
    ["g", "gz", ["max_loop", "rtt0"]],
    ["none", "none", undefined],
    ["plain_one", "none", ["max_loop", "rtt0"]],
    ["x", "xz", ["max_loop", "rtt0"]],
    ["z", "zst", ["max_loop", "rtt0"]],
  ]);
});
