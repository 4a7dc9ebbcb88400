import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { type CpioEntry, cpioArchive, parentDirectories } from "../../src/vm/cpio.ts";

const file = (path: string, text: string): CpioEntry => ({ type: "file", path, content: Buffer.from(text) });

it("is read by cpio itself: names, kinds, modes and sizes", () => {
  const archive = cpioArchive([
    { type: "directory", path: "bin" },
    { ...file("bin/a", "12345"), executable: true } as CpioEntry,
    file("b", ""),
    { type: "link", path: "bin/l", target: "a" },
    { type: "device", path: "null", major: 1, minor: 3 },
  ]);

  const listing = execFileSync("cpio", ["-tv", "--quiet", "--numeric-uid-gid"], {
    input: archive,
    encoding: "utf8",
  });

  const rows = listing
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  expect(rows.map((row) => row[0])).toEqual([
    "drwxr-xr-x",
    "-rwxr-xr-x",
    "-rw-r--r--",
    "lrwxrwxrwx",
    "crw-------",
  ]);
  expect(rows.map((row) => row.at(-1))).toEqual(["bin", "bin/a", "b", "a", "null"]);
  expect(rows.map((row) => row[4])).toEqual(["0", "5", "0", "1", "1,"]);
});

it("holds contents of every length modulo four", () => {
  const texts = ["", "1", "12", "123", "1234", "12345"];
  const archive = cpioArchive(texts.map((text, index) => file(`f${index}`, text)));

  const out = texts.map((_, index) =>
    execFileSync("cpio", ["-i", "--to-stdout", "--quiet", `f${index}`], { input: archive, encoding: "utf8" }),
  );

  expect(out).toEqual(texts);
});

it("takes a hostile name as it is, with its length", () => {
  const name = "lib/a\n--b \u001b[31m";

  const archive = cpioArchive([file(name, "x")]);

  expect(archive.subarray(110, 110 + name.length + 1).toString()).toBe(`${name}\0`);
  expect(Number.parseInt(archive.subarray(94, 102).toString(), 16)).toBe(name.length + 1);
});

it("gives the same bytes for the same input", () => {
  expect(cpioArchive([file("a", "x")]).equals(cpioArchive([file("a", "x")]))).toBe(true);
});

it("lists parents before children, each once", () => {
  expect(parentDirectories(["a/b/c", "a/d", "e"])).toEqual([
    { type: "directory", path: "a" },
    { type: "directory", path: "a/b" },
  ]);
});
