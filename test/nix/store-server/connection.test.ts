/** What an evaluator asks of its store, message by message, and what it is answered. */
import { hash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serve } from "../../../src/nix/store-server/connection.ts";
import { narOfText } from "../../../src/nix/store-server/nar.ts";
import { ServedStore } from "../../../src/nix/store-server/served-store.ts";
import { readSources } from "../../../src/nix/store-server/sources.ts";
import { WireReader, WireWriter } from "../../../src/nix/store-server/wire.ts";
import { inPieces } from "./in-pieces.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "modprobot-served-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const CLIENT = 0x6e697863;
const LAST = 0x616c7473;
const ERROR = 0x63787470;
const version = (minor: number) => (1 << 8) | minor;
const greeting = (minor = 34) =>
  new WireWriter().number(CLIENT).number(version(minor)).number(0).number(0).bytes();

/** All answers to a client that says this, after the greeting. */
async function converse(messages: readonly Buffer[], { minor = 34, bytes = 1e9 } = {}) {
  const troubles: unknown[] = [];
  const answers: Buffer[] = [];
  const said = Buffer.concat([greeting(minor), ...messages]);
  await serve(new ServedStore(root, undefined, bytes), {
    reader: new WireReader(inPieces(said, 100)),
    send: (message) => {
      answers.push(message);
      return undefined;
    },
    trouble: (error) => troubles.push(error),
  });
  return {
    troubles,
    answers: answers.slice(2).map((answer) => new WireReader(inPieces(answer, 4096))),
    greeted: answers,
  };
}

const addText = (name: string, contents: string, references: readonly string[] = []) =>
  new WireWriter().number(8).string(name).string(contents).strings(references).bytes();
const addArchive = (name: string, archive: Buffer, { special = 0, tree = 1, algorithm = "sha256" } = {}) =>
  Buffer.concat([
    new WireWriter().number(7).string(name).number(special).number(tree).string(algorithm).bytes(),
    archive,
  ]);
const ask = (operation: number, path: string) => new WireWriter().number(operation).string(path).bytes();

const HELLO = "/nix/store/ly42mdmrr2bqiqcnycv68493jd5mqqng-hello.txt";

async function errorOf(answer: WireReader | undefined): Promise<string> {
  expect(await answer?.number()).toBe(ERROR);
  return (await answer?.text(10_000)) ?? "";
}
async function pathOf(answer: WireReader | undefined): Promise<string> {
  expect(await answer?.number()).toBe(LAST);
  return (await answer?.text(1_000)) ?? "";
}

describe("the greeting", () => {
  it.each([24, 34, 38])("is understood by Nix that speaks 1.%i", async (minor) => {
    const { greeted } = await converse([], { minor });

    expect(Buffer.concat(greeted)).toEqual(
      new WireWriter().number(0x6478696f).number(version(24)).number(LAST).bytes(),
    );
  });

  it("ends with what speaks something older", async () => {
    const { greeted } = await converse([], { minor: 23 });

    expect(await errorOf(new WireReader(inPieces(greeted[1] ?? Buffer.alloc(0), 99)))).toContain("1.23");
  });
});

it("a text is written once, under its own path, and described", async () => {
  const { answers, troubles } = await converse([
    addText("hello.txt", "hi there"),
    addText("hello.txt", "hi there"),
    ask(26, HELLO),
    ask(1, HELLO),
  ]);

  expect([await pathOf(answers[0]), await pathOf(answers[1])]).toEqual([HELLO, HELLO]);
  expect(await readFile(join(root, HELLO), "utf8")).toBe("hi there");
  const info = answers[2];
  const nar = narOfText(Buffer.from("hi there"));
  expect([await info?.number(), await info?.number()]).toEqual([LAST, 1]);
  expect([await info?.text(9), await info?.text(99)]).toEqual(["", hash("sha256", nar)]);
  expect([await info?.number(), await info?.number(), await info?.number()]).toEqual([0, 0, nar.length]);
  expect([await info?.number(), await info?.number()]).toEqual([0, 0]);
  expect(await info?.text(99)).toMatch(/^text:sha256:[0-9a-z]{52}$/);
  expect(await info?.atEnd()).toBe(true);
  expect([await answers[3]?.number(), await answers[3]?.number()]).toEqual([LAST, 1]);
  expect(troubles).toEqual([]);
});

it("a source is unpacked, and what made its path is written down", async () => {
  const archive = narOfText(Buffer.from("AA\n"));
  const { answers } = await converse([
    addArchive("a", archive),
    addArchive("flat", archive, { special: 1, tree: 0 }),
    addText("refers", "x", ["/nix/store/dzaxqcvzwf88hmpm67c0lnaqhizmksq3-a"]),
  ]);

  expect(await pathOf(answers[0])).toBe("/nix/store/dzaxqcvzwf88hmpm67c0lnaqhizmksq3-a");
  expect(await pathOf(answers[1])).toBe("/nix/store/r8mpb71ykibnm2612pc36dzq7mnwdw3x-flat");
  const refers = await pathOf(answers[2]);
  const sources = [...((await readSources(root))?.values() ?? [])];
  expect(sources.map(({ contentAddress }) => contentAddress.replace(/[^:]+$/, ""))).toEqual([
    "fixed:r:sha256:",
    "fixed:sha256:",
    "text:sha256:",
  ]);
  expect(sources[2]).toMatchObject({
    path: refers,
    references: ["/nix/store/dzaxqcvzwf88hmpm67c0lnaqhizmksq3-a"],
  });
});

describe("refused, and the connection goes on", () => {
  it.each(["", ".", "..", "..-x", "a/b", "../../escaped", "a\0b", "a b", "é", "n".repeat(212)])(
    "the name %j",
    async (name) => {
      const { answers, troubles } = await converse([addText(name, "x"), addText("hello.txt", "hi there")]);

      expect(await errorOf(answers[0])).toContain("is not a name the store takes");
      expect(await pathOf(answers[1])).toBe(HELLO);
      expect([await readdir(join(root, "nix/store")), troubles]).toEqual([[HELLO.slice(11)], []]);
    },
  );

  it("references to what is not there", async () => {
    const { answers } = await converse([addText("x", "y", ["/nix/store/../../etc/passwd"]), ask(1, HELLO)]);

    expect(await errorOf(answers[0])).toContain("there is no");
    expect([await answers[1]?.number(), await answers[1]?.number()]).toEqual([LAST, 0]);
  });

  it("a tree, or a link to a file of this machine, where a file is to be hashed", async () => {
    await symlink("/etc/passwd", join(root, "link"));
    const archive = new WireWriter().string("nix-archive-1").string("(").string("type").string("symlink");
    const { answers } = await converse([
      addArchive("x", archive.string("target").string("/etc/passwd").string(")").bytes(), {
        special: 1,
        tree: 0,
      }),
      addText("hello.txt", "hi there"),
    ]);

    expect(await errorOf(answers[0])).toContain("only a file");
    expect(await pathOf(answers[1])).toBe(HELLO);
  });

  it("a path that would have to be built", async () => {
    const { answers } = await converse([ask(10, HELLO), addText("hello.txt", "hi there"), ask(10, HELLO)]);

    expect(await errorOf(answers[0])).toContain("nothing is built here");
    expect(await answers[2]?.number()).toBe(LAST);
  });
});

describe("ends the connection, after an answer", () => {
  const tooLong = new WireWriter()
    .number(8)
    .number(2 ** 40)
    .bytes();
  it.each([
    { what: "a build", message: ask(9, HELLO), says: /nothing is built.*operation 9/ },
    { what: "garbage collection", message: ask(20, HELLO), says: /operation 20/ },
    { what: "a name of a terabyte", message: tooLong, says: /at most 1024/ },
    {
      what: "a million references",
      message: new WireWriter().number(8).string("x").string("y").number(1_000_000).bytes(),
      says: /1000000 strings/,
    },
    {
      what: "another hash",
      message: addArchive("x", narOfText(Buffer.from("x")), { special: 1, algorithm: "md5" }),
      says: /md5/,
    },
    { what: "a damaged archive", message: addArchive("x", Buffer.alloc(64)), says: /archive/ },
  ])("$what", async ({ message, says }) => {
    const { answers, troubles } = await converse([message, addText("hello.txt", "hi there")]);

    expect(await errorOf(answers[0])).toMatch(says);
    expect([answers.length, troubles]).toEqual([1, []]);
    expect(await readdir(join(root, "nix/store"))).toEqual([]);
    expect((await readdir(root)).sort()).toEqual(["nix", "sources"]);
  });
});

it("half a message is no message", async () => {
  const { answers } = await converse([addText("x", "yyyyyyyy").subarray(0, 40)]);

  expect(await errorOf(answers[0])).toContain("in the midst");
  expect(await readdir(join(root, "nix/store"))).toEqual([]);
});

it("more than an evaluation may write is told to whoever runs it", async () => {
  const { answers, troubles } = await converse([addText("a", "x"), addText("b", "y".repeat(10_000))], {
    bytes: 9_000,
  });

  expect(await pathOf(answers[0])).toMatch(/-a$/);
  expect(await errorOf(answers[1])).toContain("more than an evaluation may");
  expect(troubles).toEqual([expect.objectContaining({ message: expect.stringContaining("more than") })]);
});
