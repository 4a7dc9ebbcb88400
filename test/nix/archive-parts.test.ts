import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { archiveFormat, opaqueFormat } from "../../src/nix/archive-format.ts";
import { archiveBudget, listArchive } from "../../src/nix/archives.ts";
import { runEnd } from "../../src/nix/compressed-run.ts";
import { readCpio } from "../../src/nix/cpio.ts";
import { createDecompressor } from "../../src/nix/decompress.ts";

function entry(name: string, content = ""): Buffer {
  const bytes = Buffer.from(`${name}\0`);
  const fields = [0, 0, 0, 0, 0, 0, content.length, 0, 0, 0, 0, bytes.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  const pad = (buffer: Buffer) => Buffer.concat([buffer, Buffer.alloc((4 - (buffer.length % 4)) % 4)]);
  return Buffer.concat([pad(Buffer.concat([Buffer.from(header), bytes])), pad(Buffer.from(content))]);
}
const cpio = (...names: string[]) =>
  Buffer.concat([...names.map((name) => entry(name, `of ${name}`)), entry("TRAILER!!!")]);

describe("cpio", () => {
  it("gives names and contents, and where it ends", () => {
    const bytes = Buffer.concat([Buffer.alloc(4), cpio("a", "lib/b.ko"), Buffer.from("rest")]);

    const archive = readCpio(bytes, 4, 100);

    expect(archive.entries.map(({ name, content }) => `${name}: ${content}`)).toEqual([
      "a: of a",
      "lib/b.ko: of lib/b.ko",
    ]);
    expect(bytes.toString("utf8", archive.end)).toBe("rest");
    expect(archive.damaged).toBe(false);
  });

  it("is damaged wherever it is cut, and never throws", () => {
    const whole = cpio("a", "b");
    for (let length = 0; length < whole.length - 3; length += 1) {
      expect(readCpio(whole.subarray(0, length), 0, 100).damaged).toBe(true);
    }
    const lying = Buffer.from(whole);
    lying.write("ffffffff", 54, "latin1");
    expect(readCpio(lying, 0, 100)).toMatchObject({ entries: [], damaged: true });
  });

  it("stops at the limit", () => {
    expect(readCpio(cpio("a", "b", "c"), 0, 2)).toMatchObject({ damaged: true });
  });
});

describe("compressed data ends where it ends", () => {
  const tail = Buffer.from("something else");
  it.each([
    { format: "gz", data: gzipSync("hello") },
    { format: "gz", data: Buffer.concat([gzipSync("one"), Buffer.alloc(9), gzipSync("two")]) },
    { format: "zst", data: zstdCompressSync("hello") },
    { format: "zst", data: zstdCompressSync(Buffer.alloc(1_000_000)) },
    { format: "zst", data: Buffer.concat([zstdCompressSync("one"), zstdCompressSync("two")]) },
  ] as const)("$format", async ({ format, data }) => {
    expect(await runEnd(Buffer.concat([data, tail]), 0, format, 10_000_000)).toBe(data.length);
    expect(await runEnd(data.subarray(0, 8), 0, format, 10_000_000)).toBeUndefined();
  });
});

describe("formats are told by content", () => {
  it.each([
    { bytes: cpio("a"), format: "cpio" },
    { bytes: gzipSync("x"), format: "gz" },
    { bytes: zstdCompressSync("x"), format: "zst" },
    { bytes: Buffer.from("#!/bin/sh\n"), format: undefined },
    { bytes: Buffer.alloc(0), format: undefined },
  ])("$format", ({ bytes, format }) => {
    expect(archiveFormat(bytes)).toBe(format);
  });

  it("an ext image needs more than two bytes", () => {
    const bytes = Buffer.alloc(4096, 0xaa);
    bytes.set([0x53, 0xef], 1080);
    expect(opaqueFormat(bytes)).toBeUndefined();
  });
});

describe("archives in archives", () => {
  const decompressor = createDecompressor("/nonexistent", new AbortController().signal);
  const list = (bytes: Buffer) => listArchive(bytes, decompressor, archiveBudget());
  const holding = (name: string, content: Buffer) => {
    const header = entry(name, "x".repeat(content.length));
    content.copy(header, header.length - Math.ceil(content.length / 4) * 4);
    return Buffer.concat([header, entry("TRAILER!!!")]);
  };

  it("are opened to a depth", async () => {
    let bytes = cpio("deep.ko");
    for (let depth = 0; depth < 3; depth += 1) bytes = holding(`d${depth}`, bytes);
    expect((await list(bytes))?.names).toContain("deep.ko");
  });

  it("a compressed module is a name", async () => {
    expect(await list(holding("m.ko.gz", gzipSync(cpio("inside"))))).toEqual({ names: ["m.ko.gz"] });
  });

  it("compressed text is no archive", async () => {
    expect(await list(gzipSync("just text"))).toBeUndefined();
  });

  it("what does not fit the budget is told", async () => {
    const listing = await listArchive(gzipSync(cpio("a")), decompressor, { bytes: 10, names: 10 });
    expect(listing?.incomplete).toMatch(/larger than 10 bytes/);
    expect(
      (await listArchive(cpio("a", "b", "c"), decompressor, { bytes: 10, names: 2 }))?.incomplete,
    ).toMatch(/too many/);
  });
});

it("bombs stop at the limit", async () => {
  const decompressor = createDecompressor("/nonexistent", new AbortController().signal);
  const bomb = gzipSync(Buffer.alloc(5_000_000));

  expect(await decompressor.one("gz", bomb, 1_000_000)).toBeUndefined();
  expect((await decompressor.one("gz", bomb, 6_000_000))?.length).toBe(5_000_000);
});
