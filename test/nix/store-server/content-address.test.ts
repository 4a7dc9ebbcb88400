/** Paths that Nix 2.8 itself gave to these contents. */
import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { StorePath } from "../../../src/domain/evaluation.ts";
import { base32, renderContentAddress, storePathOf } from "../../../src/nix/store-server/content-address.ts";

const sha256 = (text: string) => hash("sha256", text);
const HELLO = "/nix/store/ly42mdmrr2bqiqcnycv68493jd5mqqng-hello.txt" as StorePath;
const DERIVATION =
  'Derive([("out","/nix/store/s668cfx1vrqfjryf96jj8wfhg7f67dhj-x","","")],[],[],"x86_64-linux","/bin/sh",[],[("builder","/bin/sh"),("name","x"),("out","/nix/store/s668cfx1vrqfjryf96jj8wfhg7f67dhj-x"),("system","x86_64-linux")])';
const TREE = "ce91aeb0dc08c7d19ffe2e89240ecea5681ea965ef3ffcd05613eaf9f5ad1b36";

describe("store paths", () => {
  it.each([
    { what: "a text", method: "text", digest: sha256("hi there"), references: [], path: HELLO },
    {
      what: "a text that refers to another",
      method: "text",
      digest: sha256(`see ${HELLO}`),
      references: [HELLO],
      path: "/nix/store/rjnmd806dr8rkh4mbdybi25z2f6gqrh4-refers",
    },
    {
      what: "a derivation",
      method: "text",
      digest: sha256(DERIVATION),
      references: [],
      path: "/nix/store/97qlv6h78lxlm9zc8849ahsbcklhsi2y-x.drv",
    },
    {
      what: "a tree",
      method: "nar",
      digest: TREE,
      references: [],
      path: "/nix/store/wr67dqxsyj537llcr1kdjnsf1aixy544-src",
    },
    {
      what: "a file as an archive",
      method: "nar",
      digest: "16b6e46bf96394aa1dcd930e2e05dd76c54ae6c810ce97762844bbe5733bb641",
      references: [],
      path: "/nix/store/dzaxqcvzwf88hmpm67c0lnaqhizmksq3-a",
    },
    {
      what: "a file alone",
      method: "flat",
      digest: sha256("AA\n"),
      references: [],
      path: "/nix/store/r8mpb71ykibnm2612pc36dzq7mnwdw3x-flat",
    },
  ] as const)("$what", ({ method, digest, references, path }) => {
    const name = path.slice("/nix/store/".length + 33);

    expect(storePathOf(name, { method, digest, references })).toBe(path);
  });

  it("none for a file alone that refers to something", () => {
    expect(storePathOf("x", { method: "flat", digest: sha256(""), references: [HELLO] })).toBeUndefined();
  });
});

it("content addresses are written as Nix does", () => {
  const tail = "sha256:0dhvmpszkshkav8gqgzgcnliws55rq72929fzsgx3iq8vjqax4ff";

  expect(renderContentAddress({ method: "nar", digest: TREE })).toBe(`fixed:r:${tail}`);
  expect(renderContentAddress({ method: "flat", digest: TREE })).toBe(`fixed:${tail}`);
  expect(renderContentAddress({ method: "text", digest: TREE })).toBe(`text:${tail}`);
  expect(base32(Buffer.alloc(20, 0xff))).toBe("z".repeat(32));
});
