/**
 * A pack of derivations in any number, as large as nixpkgs' and with as many inputs: for reading them, which is all they are
 * good for. Each needs some of those before it, mostly of the first ones, as everything needs a compiler and a shell.
 */
import { PackWriter } from "../src/nix/pack/pack-writer.ts";
import { randomFrom } from "../test/harness/random.ts";

/** The alphabet of Nix's hashes. */
const DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";
const HASH_LENGTH = 32;
const MOST_INPUTS = 16;
/** Environments and scripts, most of a file. */
const TEXT = "buildInputs and phases of no interest here\\n".repeat(60);

export async function generateDerivations(directory: string, count: number, seed: number): Promise<void> {
  const pack = new PackWriter({ directory, number: 0 });
  const random = randomFrom(seed);
  const hash = () => Array.from({ length: HASH_LENGTH }, () => DIGITS[random.below(DIGITS.length)]).join("");
  const names: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `package-${index}-1.${random.below(20)}`;
    const needed = new Set(
      Array.from({ length: Math.min(index, random.below(MOST_INPUTS + 1)) }, () => {
        // Squared: early ones far more often.
        return Math.floor(random.fraction() ** 2 * index);
      }),
    );
    const inputs = [...needed]
      .map((input) => `("/nix/store/${names[input]}",["out"])`)
      .sort()
      .join(",");
    const out = `/nix/store/${hash()}-${name}`;
    const environment = `[("name","${name}"),("out","${out}"),("text","${TEXT}")]`;
    const file = `${hash()}-${name}.drv`;
    const text = `Derive([("out","${out}","","")],[${inputs}],[],"x86_64-linux","/bin/sh",["-e"],${environment})`;
    pack.add(file, Buffer.from(text));
    names.push(file);
  }
  await pack.end();
}
