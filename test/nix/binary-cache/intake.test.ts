/** What becomes of binary caches that Nix, or somebody who has taken it over, leaves for us. */
import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StorePath } from "../../../src/domain/evaluation.ts";
import { ENDED } from "../../../src/nix/binary-cache/cache-directory.ts";
import { Intake } from "../../../src/nix/binary-cache/intake.ts";
import { base32, storePathOf } from "../../../src/nix/store-server/content-address.ts";
import { narOfText, narOfTree } from "../../../src/nix/store-server/nar.ts";
import { OverLimit, ServedStore } from "../../../src/nix/store-server/served-store.ts";

let root: string;
let caches: string;
let store: ServedStore;
let intake: Intake;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "modprobot-intake-"));
  caches = join(root, "caches");
  await mkdir(join(caches, "run-1/nar"), { recursive: true });
  store = new ServedStore(join(root, "store"));
  intake = new Intake(store, caches);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const cache = () => join(caches, "run-1");
const stored = (path: StorePath) => join(root, "store", path);
const sha256 = (bytes: Buffer | string) => hash("sha256", bytes);

function pathOfText(name: string, text: string, references: readonly StorePath[] = []): StorePath {
  const path = storePathOf(name, {
    method: "text",
    digest: sha256(text),
    references: [...references].sort(),
  });
  if (path === undefined) throw new Error(`no path for ${name}`);
  return path;
}

interface Entry {
  readonly path: StorePath;
  readonly archive: Buffer;
  readonly address: string;
  readonly references?: readonly StorePath[];
}

const textEntry = (name: string, text: string, references: readonly StorePath[] = []): Entry => ({
  path: pathOfText(name, text, references),
  archive: narOfText(Buffer.from(text)),
  address: "text:sha256:x",
  references,
});

const archiveName = ({ archive }: Entry) => `${base32(Buffer.from(sha256(archive), "hex"))}.nar`;
const infoName = ({ path }: Entry) =>
  `${path.slice("/nix/store/".length, "/nix/store/".length + 32)}.narinfo`;

/** As Nix does it: the archive first. */
async function leave(entry: Entry): Promise<void> {
  const { path, archive, address, references = [] } = entry;
  await writeFile(join(cache(), "nar", archiveName(entry)), archive);
  const names = references.map((reference) => reference.slice("/nix/store/".length)).join(" ");
  const info = `StorePath: ${path}\nURL: nar/${archiveName(entry)}\nCompression: none\nReferences: ${names}\nCA: ${address}\n`;
  await writeFile(join(cache(), infoName(entry)), info);
}

const left = async () => [...(await readdir(cache())), ...(await readdir(join(cache(), "nar")))].sort();

describe("what is left in a cache", () => {
  it("is taken in, and out of the cache", async () => {
    const text = textEntry("a.drv", "not quite a derivation");
    await leave(text);

    await intake.takeIn();

    expect(await readFile(stored(text.path), "utf8")).toBe("not quite a derivation");
    expect(await left()).toEqual(["nar"]);
  });

  it("is a tree with all that is in it", async () => {
    const tree = join(root, "tree");
    await mkdir(join(tree, "d"), { recursive: true });
    await writeFile(join(tree, "d/file"), "contents");
    await symlink("d/file", join(tree, "link"));
    const archive = Buffer.concat([...narOfTree(tree)]);
    const path = storePathOf("tree", { method: "nar", digest: sha256(archive), references: [] });
    if (path === undefined) throw new Error("no path");
    await leave({ path, archive, address: "fixed:r:sha256:x" });

    await intake.takeIn();

    expect(await readFile(join(stored(path), "d/file"), "utf8")).toBe("contents");
    expect(await readlink(join(stored(path), "link"))).toBe("d/file");
  });

  it("is a file that is hashed alone", async () => {
    const path = storePathOf("flat", { method: "flat", digest: sha256("flat"), references: [] });
    if (path === undefined) throw new Error("no path");
    await leave({ path, archive: narOfText(Buffer.from("flat")), address: "fixed:sha256:x" });

    await intake.takeIn();

    expect(await readFile(stored(path), "utf8")).toBe("flat");
  });

  it("may be the same by two names, told at different times", async () => {
    const [first, second] = [textEntry("first", "the same"), textEntry("second", "the same")];
    await leave(first);
    await intake.takeIn();
    await writeFile(join(cache(), infoName(second)), await infoOf(second));

    await intake.takeIn();

    expect([store.has(first.path), store.has(second.path)]).toEqual([true, true]);
  });

  it("is read in the order in which it refers to each other, however long that chain is", async () => {
    let last = textEntry("0", "text 0");
    const chain = [last];
    while (chain.length < 300) {
      last = textEntry(String(chain.length), `text ${chain.length}`, [last.path]);
      chain.push(last);
    }
    for (const entry of chain) await leave(entry);

    await intake.takeIn();

    expect(chain.filter(({ path }) => !store.has(path))).toEqual([]);
  });

  it("waits in its place for what it refers to", async () => {
    const needed = textEntry("needed", "needed");
    const needing = textEntry("needing", "needing", [needed.path]);
    await leave(needing);
    await intake.takeIn();
    expect(store.has(needing.path)).toBe(false);
    await leave(needed);

    await intake.takeIn();

    expect(store.has(needing.path)).toBe(true);
  });

  it("is not read once more where it is known", async () => {
    const text = textEntry("a.drv", "known");
    store.addText("a.drv", Buffer.from("known"), []);
    await leave({ ...text, archive: Buffer.from("no archive") });

    await intake.takeIn();

    expect(await readFile(stored(text.path), "utf8")).toBe("known");
    expect(await left()).toEqual(["nar"]);
  });

  it("goes with the cache once that has ended, and not before", async () => {
    const text = textEntry("late", "late");
    await leave(text);
    await rename(cache(), `${cache()}${ENDED}`);

    await intake.takeIn();

    expect(store.has(text.path)).toBe(true);
    expect(await readdir(caches)).toEqual([]);
  });

  async function infoOf(entry: Entry): Promise<string> {
    return `StorePath: ${entry.path}\nURL: nar/${archiveName(entry)}\nReferences: \nCA: ${entry.address}\n`;
  }
});

describe("what somebody else than Nix leaves there", () => {
  it("is what its contents make it, whatever it is said to be", async () => {
    const wanted = pathOfText("a.drv", "what it is said to be");
    await leave({ ...textEntry("a.drv", "something else"), path: wanted });

    await intake.takeIn();

    expect(store.has(wanted)).toBe(false);
    expect(existsSync(stored(wanted))).toBe(false);
  });

  it.each([
    ["no archive", Buffer.from("nonsense")],
    ["an archive that is cut short", narOfText(Buffer.from("text")).subarray(0, -8)],
    ["an archive with more behind it", Buffer.concat([narOfText(Buffer.from("text")), Buffer.alloc(8)])],
    ["nothing", Buffer.alloc(0)],
  ])("is never written where it has %s", async (_, archive) => {
    const entry = { ...textEntry("a", "text"), archive };
    await leave(entry);
    await leave(textEntry("good", "good"));

    await intake.takeIn();

    expect(store.has(entry.path)).toBe(false);
    expect(store.has(textEntry("good", "good").path)).toBe(true);
  });

  it("is no tree where its archive is none", async () => {
    const path = pathOfText("tree", "x");
    await leave({ path, archive: Buffer.from("nonsense"), address: "fixed:r:sha256:x" });

    await intake.takeIn();

    expect(await readdir(join(root, "store/nix/store"))).toEqual([]);
    expect((await readdir(join(root, "store"))).sort()).toEqual(["nix", "sources"]);
  });

  it("is not followed where it is a link", async () => {
    const text = textEntry("a", "elsewhere");
    await leave(text);
    const [info, archive] = [join(cache(), infoName(text)), join(cache(), "nar", archiveName(text))];
    for (const place of [info, archive]) {
      const elsewhere = join(root, place === info ? "info" : "archive");
      await rename(place, elsewhere);
      await symlink(elsewhere, place);
    }

    await intake.takeIn();
    expect(store.has(text.path)).toBe(false);

    await rename(join(root, "info"), info);
    await intake.takeIn();
    expect(store.has(text.path)).toBe(false);
  });

  it("is not followed where it is a link to another directory of archives", async () => {
    const text = textEntry("a", "elsewhere");
    await leave(text);
    await rename(join(cache(), "nar"), join(root, "archives"));
    await symlink(join(root, "archives"), join(cache(), "nar"));

    await intake.takeIn();

    expect(store.has(text.path)).toBe(false);
    expect(await readdir(join(root, "archives"))).toEqual([archiveName(text)]);
  });

  it("is not waited for where it is a pipe", async () => {
    const text = textEntry("a", "through a pipe");
    await leave(text);
    const archive = join(cache(), "nar", archiveName(text));
    await rm(archive);
    execFileSync("mkfifo", [archive, join(cache(), `${"0".repeat(32)}.narinfo`)]);

    await intake.takeIn();

    expect(store.has(text.path)).toBe(false);
  });

  it("is too much once the store is full", async () => {
    store = new ServedStore(join(root, "small"), undefined, 10_000);
    intake = new Intake(store, caches);
    await leave(textEntry("large", "x".repeat(20_000)));

    await expect(intake.takeIn()).rejects.toBeInstanceOf(OverLimit);
  });
});
