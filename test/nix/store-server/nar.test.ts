/** Archives: the same bytes as Nix writes, and none that would write anywhere but below the place given. */
import { createHash } from "node:crypto";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { narOfText, narOfTree, textOfNar, unpackNar } from "../../../src/nix/store-server/nar.ts";
import { WireError, WireReader, WireWriter } from "../../../src/nix/store-server/wire.ts";
import { inPieces } from "./in-pieces.ts";

let directory: string;
let place: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "modprobot-nar-"));
  place = join(directory, "unpacked");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const unpack = (archive: Buffer, spend: (bytes: number) => void = () => undefined) =>
  unpackNar(new WireReader(inPieces(archive, 13)), place, spend);

/** What a node is made of, word by word. */
type Words = readonly (string | Buffer)[];
const archive = (...words: Words) => {
  const writer = new WireWriter().string("nix-archive-1");
  for (const word of words) writer.string(word);
  return writer.bytes();
};
const file = (contents: string): Words => ["(", "type", "regular", "contents", contents, ")"];
const link = (target: string | Buffer): Words => ["(", "type", "symlink", "target", target, ")"];
const entry = (name: string | Buffer, node: Words): Words => [
  "entry",
  "(",
  "name",
  name,
  "node",
  ...node,
  ")",
];
const folder = (...entries: Words[]): Words => ["(", "type", "directory", ...entries.flat(), ")"];

it("a tree comes back as it was, and its archive is the one Nix makes", async () => {
  const tree = join(directory, "src");
  await mkdir(join(tree, "d"), { recursive: true });
  await writeFile(join(tree, "a"), "AA\n");
  await writeFile(join(tree, "d/b"), "B\n");
  await chmod(join(tree, "d/b"), 0o755);
  await symlink("a", join(tree, "l"));

  const bytes = Buffer.concat([...narOfTree(tree)]);
  // nix-hash --type sha256
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(
    "ce91aeb0dc08c7d19ffe2e89240ecea5681ea965ef3ffcd05613eaf9f5ad1b36",
  );

  await unpack(bytes);
  expect(Buffer.concat([...narOfTree(place)])).toEqual(bytes);
  expect(await readFile(join(place, "a"), "utf8")).toBe("AA\n");
  expect(await readlink(join(place, "l"))).toBe("a");
  expect((await lstat(join(place, "d/b"))).mode & 0o777).toBe(0o555);
});

it("the archive of a text is that of a file with it", async () => {
  await writeFile(place, "hi there");

  expect(narOfText(Buffer.from("hi there"))).toEqual(Buffer.concat([...narOfTree(place)]));
});

it("names that are no text stay what they are", async () => {
  const name = Buffer.from([0x66, 0xff, 0x6f]);
  await unpack(archive(...folder(entry(name, file("x")))));

  expect((await readdir(place, { encoding: "buffer" }))[0]?.equals(name)).toBe(true);
});

describe("is not unpacked", () => {
  it.each<{ what: string; words: Words }>([
    { what: "an entry ..", words: folder(entry("..", file("x"))) },
    { what: "an entry .", words: folder(entry(".", file("x"))) },
    { what: "an entry without a name", words: folder(entry("", file("x"))) },
    { what: "an entry with a slash", words: folder(entry("a/../../escaped", file("x"))) },
    { what: "an entry with a zero byte", words: folder(entry("a\0b", file("x"))) },
    { what: "a name too long for a disk", words: folder(entry("n".repeat(256), file("x"))) },
    { what: "an entry twice", words: folder(entry("a", file("x")), entry("a", file("y"))) },
    { what: "entries out of order", words: folder(entry("b", file("x")), entry("a", file("y"))) },
    {
      what: "a directory in place of a link",
      words: folder(entry("a", link("/")), entry("a", folder(entry("escaped", file("x"))))),
    },
    { what: "a link to nowhere", words: link("") },
    { what: "a link with a zero byte", words: link("a\0b") },
    { what: "a link longer than a path", words: link("t".repeat(4_001)) },
    { what: "a device", words: ["(", "type", "device", ")"] },
    { what: "an unknown attribute", words: ["(", "type", "regular", "setuid", "", "contents", "x", ")"] },
    {
      what: "executable with a value",
      words: ["(", "type", "regular", "executable", "1", "contents", "x", ")"],
    },
    { what: "no end", words: ["(", "type", "regular", "contents", "x"] },
    { what: "what is cut in an entry", words: ["(", "type", "directory", "entry", "(", "name", "a"] },
  ])("$what", async ({ words }) => {
    await expect(unpack(archive(...words))).rejects.toBeInstanceOf(WireError);

    expect((await readdir(directory)).filter((name) => name !== "unpacked")).toEqual([]);
  });

  it("anything but an archive", async () => {
    await expect(unpack(new WireWriter().string("nix-archive-2").bytes())).rejects.toBeInstanceOf(WireError);
  });

  it("a nest without end", async () => {
    const deep = Array.from({ length: 300 }, () => [
      "(",
      "type",
      "directory",
      "entry",
      "(",
      "name",
      "d",
      "node",
    ]);

    await expect(unpack(archive(...deep.flat()))).rejects.toThrow("nested too deeply");
  });

  it("what is there already", async () => {
    await symlink("/tmp", place);

    await expect(unpack(archive(...file("x")))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(unpack(archive(...folder(entry("a", file("x")))))).rejects.toMatchObject({ code: "EEXIST" });
  });

  it("more than may be spent, an entry counted even when it is empty", async () => {
    const spent: number[] = [];
    await unpack(archive(...folder(entry("a", file("1234")), entry("b", link("a")))), (bytes) =>
      spent.push(bytes),
    );
    // The directory, two entries, and four bytes in as many pieces as they came in.
    expect(spent.filter((bytes) => bytes === 0)).toHaveLength(3);
    expect(spent.reduce((sum, bytes) => sum + bytes)).toBe(4);

    await rm(place, { recursive: true });
    const enough = () => {
      throw new Error("enough");
    };
    await expect(unpack(archive(...file("x")), enough)).rejects.toThrow("enough");
  });
});

describe("the text in the archive of a text", () => {
  it.each(["", "text", "eight by", "x".repeat(100_000)])("is what was put in: %.10s", (text) => {
    expect(textOfNar(narOfText(Buffer.from(text)))?.toString()).toBe(text);
  });

  const whole = narOfText(Buffer.from("text"));
  it.each([
    ["a program", archive("(", "type", "regular", "executable", "", "contents", "text", ")")],
    ["a link", archive(...link("text"))],
    ["a directory", archive(...folder())],
    ["more than one", Buffer.concat([whole, Buffer.alloc(8)])],
    ["less than one", whole.subarray(0, -1)],
    ["next to nothing", whole.subarray(0, 90)],
    ["nothing", Buffer.alloc(0)],
  ])("is none where the archive is of %s", (_, bytes) => {
    expect(textOfNar(bytes)).toBeUndefined();
  });

  it("is none where its padding is not zero, or its length another one", () => {
    for (const at of [whole.length - 17, whole.length - 31]) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) + 1;
      expect(textOfNar(changed)).toBeUndefined();
    }
  });
});
