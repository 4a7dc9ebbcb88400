import { describe, expect, it } from "vitest";
import { NAR_INFO_FILE, parseNarInfo } from "../../../src/nix/binary-cache/nar-info.ts";

const HASH = "0z0n8y4rhjpxl3rd0cf0ymh0ahmdpv6y";
const ARCHIVE = `${"1".repeat(52)}.nar`;

/** As Nix writes it, with some fields changed or (`undefined`) left out. */
function narInfo(fields: Readonly<Record<string, string | undefined>> = {}): string {
  const all = {
    StorePath: `/nix/store/${HASH}-a.drv`,
    URL: `nar/${ARCHIVE}`,
    Compression: "none",
    FileHash: `sha256:${"1".repeat(52)}`,
    FileSize: "1528",
    NarHash: `sha256:${"1".repeat(52)}`,
    NarSize: "1528",
    References: `${HASH}-b.drv ${HASH}-c`,
    CA: `text:sha256:${"2".repeat(52)}`,
    ...fields,
  };
  return Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join("");
}

describe("what a binary cache says of a path", () => {
  it("is its path, its archive, how it is addressed, and what it refers to", () => {
    expect(parseNarInfo(narInfo())).toEqual({
      path: `/nix/store/${HASH}-a.drv`,
      archive: ARCHIVE,
      method: "text",
      references: [`/nix/store/${HASH}-b.drv`, `/nix/store/${HASH}-c`],
    });
  });

  it.each([
    ["text:sha256:x", "text"],
    ["fixed:r:sha256:x", "nar"],
    ["fixed:sha256:x", "flat"],
  ])("has the method of its content address: %s", (address, method) => {
    expect(parseNarInfo(narInfo({ CA: address }))).toMatchObject({ method });
  });

  it.each(["", undefined])("may refer to nothing (%j)", (references) => {
    expect(parseNarInfo(narInfo({ References: references }))).toMatchObject({ references: [] });
  });

  it.each([
    ["no path", { StorePath: undefined }],
    ["a path outside of the store", { StorePath: `/etc/${HASH}-a` }],
    ["a path below a store path", { StorePath: `/nix/store/${HASH}-a/b` }],
    ["no archive", { URL: undefined }],
    ["an archive elsewhere", { URL: `nar/../../${ARCHIVE}` }],
    ["a compressed archive", { URL: `nar/${ARCHIVE}.xz` }],
    ["no content address", { CA: undefined }],
    ["another hash", { CA: "fixed:r:sha1:x" }],
  ])("is nothing to us with %s", (_, fields) => {
    expect(parseNarInfo(narInfo(fields))).toBeUndefined();
  });

  it.each(["", "nonsense", ":", ": ", "\0\n\n", `StorePath: /nix/store/${HASH}-a.drv`])(
    "is not %j",
    (text) => {
      expect(parseNarInfo(text)).toBeUndefined();
    },
  );

  it("is in files that are complete", () => {
    expect(NAR_INFO_FILE.test(`${HASH}.narinfo`)).toBe(true);
    expect(NAR_INFO_FILE.test(`${HASH}.narinfo.tmp.12.3`)).toBe(false);
    expect(NAR_INFO_FILE.test("nix-cache-info")).toBe(false);
  });
});
