/** A program for nix-daemon.real.test.ts: evaluates and builds something fresh as whoever runs it, and prints how that went. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "../../src/errors.ts";
import { drvOf, evaluate, limits, packageSet, signal, withShell, workplace } from "./package-set.ts";

async function build(): Promise<unknown> {
  await using place = await workplace();
  const fresh = `FRESH = "${Date.now()}-${Math.random()}";`;
  const text = withShell(`
    dependency = sh "dependency" "read text < $src; echo $text > $out" { src = ./data; ${fresh} };
    a = sh "a" "read text < \${dependency}; echo $text built > $out" { };
    b = sh "b" "echo why it fails; exit 3" { ${fresh} };`);
  const tree = await evaluate(place, await packageSet(place, { "default.nix": text, data: "copied and\n" }));
  const realise = (attr: string) => tree.derivations.realise(drvOf(tree, attr), limits, signal);
  const outcomes = { a: await realise("a"), b: await realise("b") };
  return { uid: process.getuid?.(), outcomes, roots: await readdir(join(place.dataDirectory, "nix/roots")) };
}

const told = await build().catch((error: unknown) => {
  if (error instanceof EnvironmentError) return { refused: error.code, message: error.message };
  throw error;
});
console.log(JSON.stringify(told));
