import { describe, expect, it } from "vitest";
import { attributesDigest, isExactly, parseTree } from "../../src/git/tree-listing.ts";

const HASH = "0123456789012345678901234567890123456789";

function tree(...lines: readonly string[]) {
  return parseTree(Buffer.from(lines.map((line) => `${line}\0`).join(""), "latin1"));
}

/** Lines of `<kind> <permissions> <path>`, as `find` would write them. */
function found(...lines: readonly string[]): Buffer {
  const text = lines.map((line) => {
    const [kind, mode, ...path] = line.split(" ");
    return `${kind} ${mode} 12 3456 1.5 2.5 0 ${path.join(" ")}\0${kind === "l" ? "target" : ""}\0`;
  });
  return Buffer.from(text.join(""), "latin1");
}

describe("the list of a tree", () => {
  it("keeps names that hold anything but a zero", () => {
    expect(tree(`100644 blob ${HASH}\ta\nb\tc`, `120000 blob ${HASH}\t\xff`)).toEqual([
      { mode: "100644", hash: HASH, path: "a\nb\tc" },
      { mode: "120000", hash: HASH, path: "\xff" },
    ]);
  });

  it("of nothing is empty", () => {
    expect(tree()).toEqual([]);
  });
});

describe("attributes are the same", () => {
  const digest = (...lines: readonly string[]) => attributesDigest(tree(...lines));
  const other = HASH.replace("0", "f");

  it.each([
    ["where there are none", [], [`100644 blob ${HASH}\ta.gitattributes`]],
    ["where other files differ", [`100644 blob ${HASH}\tx`], [`100644 blob ${other}\tx`]],
  ])("%s", (_, one, two) => {
    expect(digest(...one)).toBe(digest(...two));
  });

  it.each([
    ["where one is there", [], [`100644 blob ${HASH}\t.gitattributes`]],
    [
      "where one has other contents",
      [`100644 blob ${HASH}\ta/.gitattributes`],
      [`100644 blob ${other}\ta/.gitattributes`],
    ],
    [
      "where one is elsewhere",
      [`100644 blob ${HASH}\ta/.gitattributes`],
      [`100644 blob ${HASH}\tb/.gitattributes`],
    ],
    ["where one is a link", [`100644 blob ${HASH}\t.gitattributes`], [`120000 blob ${HASH}\t.gitattributes`]],
    ["where one is spelled for file systems that do not mind", [], [`100644 blob ${HASH}\ta/.GitAttributes`]],
  ])("not %s", (_, one, two) => {
    expect(digest(...one)).not.toBe(digest(...two));
  });
});

describe("a directory is exactly a tree", () => {
  const entries = tree(
    `100644 blob ${HASH}\ta`,
    `100755 blob ${HASH}\td/e/run`,
    `120000 blob ${HASH}\td/link`,
    `160000 commit ${HASH}\tsub`,
  );
  const whole = [
    "d 755 tree",
    "f 644 tree/a",
    "d 755 tree/d",
    "d 755 tree/d/e",
    "f 755 tree/d/e/run",
    "l 777 tree/d/link",
    "d 755 tree/sub",
    "f 644 index",
  ];
  const without = (line: string) => whole.filter((other) => other !== line);
  const instead = (line: string, other: string) => [...without(line), other];

  it("with the index beside it, in any order", () => {
    expect(isExactly(entries, found(...whole), 0o022)).toBe(true);
    expect(isExactly(entries, found(...whole.toReversed()), 0o022)).toBe(true);
  });

  it("where the tree is empty", () => {
    expect(isExactly([], found("d 755 tree", "f 644 index"), 0o022)).toBe(true);
  });

  it.each([
    ["a file is missing", without("f 644 tree/a")],
    ["a submodule's directory is missing", without("d 755 tree/sub")],
    ["all is missing", []],
    ["a file is too many", [...whole, "f 644 tree/b"]],
    ["a directory is too many", [...whole, "d 755 tree/d/f"]],
    ["git's own name is too many", [...whole, "f 644 tree/d/.git"]],
    ["something lies in a submodule", [...whole, "f 644 tree/sub/a"]],
    ["something lies beside it", [...whole, "f 644 index.lock"]],
    ["a file is executable", instead("f 644 tree/a", "f 755 tree/a")],
    ["a program is not executable", instead("f 755 tree/d/e/run", "f 644 tree/d/e/run")],
    ["a link is a file, as on file systems without links", instead("l 777 tree/d/link", "f 644 tree/d/link")],
    ["a directory is a link", instead("d 755 tree/d", "l 777 tree/d")],
    ["all is a link", instead("d 755 tree", "l 777 tree")],
    ["a name has another byte", instead("f 644 tree/a", "f 644 tree/\xff")],
  ])("not where %s", (_, lines) => {
    expect(isExactly(entries, found(...lines), 0o022)).toBe(false);
  });

  it("with the permissions that the umask leaves", () => {
    const group = found("d 770 tree", "f 660 tree/a", "f 640 index");

    expect(isExactly(entries.slice(0, 1), group, 0o007)).toBe(true);
    expect(isExactly(entries.slice(0, 1), group, 0o022)).toBe(false);
  });
});
