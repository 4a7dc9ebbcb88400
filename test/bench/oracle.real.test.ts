/** The oracle, on package sets whose answer can be counted by hand. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { askOracle, countRebuilds } from "../../bench/oracle.ts";
import { temporaryDirectory } from "../git/repositories.ts";

const packageSet = (linux: string, more = "") => `
{ system, config }:
let
  build = name: needs: derivation { inherit name system needs; builder = "/bin/sh"; outputs = [ "out" "dev" ]; };
in rec {
  linux = build "${linux}" [ ];
  linux_latest = linux;
  module = build "module" [ linux.dev ];
  hello = build "hello" [ ];
  set = { recurseForDerivations = true; inner = build "inner" [ linux ]; "a.b" = build "ab" [ linux ]; };
  release = { recurseForRelease = true; image = build "image" [ linux ]; };
  hidden = { unseen = build "unseen" [ linux ]; };
  broken = throw "\${system} \${toString config.said}";
  throwingSet = throw "no set";
  number = 1;
  ${more}
}
`;

const CALLED = { system: "x86_64-linux", config: { said: "broken" } };

async function walks(sets: readonly string[], skip: readonly string[][] = []) {
  const trees = sets.map((text) => {
    const tree = temporaryDirectory();
    writeFileSync(join(tree, "default.nix"), text);
    return tree;
  });
  return await askOracle({ trees, arguments: CALLED, skip, scratch: temporaryDirectory() });
}

it("counts attrs, aliases among them, and distinct derivations", async () => {
  const [base = [], head = []] = await walks([packageSet("linux-6.1"), packageSet("linux-6.2")]);
  expect(countRebuilds(base, head)).toEqual({
    evaluated: 9,
    attrs: 6,
    derivations: 5,
    rebuilt: ["linux", "linux_latest", "module", "release.image", 'set."a.b"', "set.inner"],
  });
});

it("takes a renamed attr for no rebuild, and a new derivation for one", async () => {
  const [base = [], head = []] = await walks([
    packageSet("linux-6.1"),
    packageSet("linux-6.1", 'renamed = hello; added = build "added" [ ];'),
  ]);
  expect(countRebuilds(base, head)).toMatchObject({ evaluated: 11, attrs: 1, rebuilt: ["added"] });
});

it("says which error ended the walk, and goes around an attribute that is named", async () => {
  const aborts = packageSet("linux-6.1", 'set2 = { recurseForDerivations = true; bad = abort "no more"; };');
  await expect(walks([aborts])).rejects.toThrow(/no more/);
  const [walk = []] = await walks([aborts], [["set2", "bad"]]);
  expect(walk.filter(({ outputs }) => outputs === undefined).map(({ path }) => path.join("."))).toEqual([
    "broken",
    "set2.bad",
    "throwingSet",
  ]);
});
