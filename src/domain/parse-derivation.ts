/**
 * Reads one `.drv` file: the ATerm text that Nix writes for every derivation
 * (https://nix.dev/manual/nix/latest/protocols/derivation-aterm).
 *
 * What trips people up: the text is written by Nix, but every string in it may be chosen by a pull request, so
 * nothing here is quadratic, recursive in depth, or looked up on an object that has a prototype. Outputs of
 * floating content-addressed derivations have no path yet; their path is "".
 *
 * Does not check hashes, and does not look into strings: `references.ts` does.
 */
import { AtermReader } from "./aterm-reader.ts";
import type { Derivation, DerivationOutput, Json } from "./derivation.ts";
import type { DrvPath, OutputName } from "./evaluation.ts";

/** Names are chosen by the recipe: an output may be called `constructor`, an environment variable `__proto__`. */
type Dictionary<T> = Record<string, T>;
const dictionary = <T>(): Dictionary<T> => Object.create(null) as Dictionary<T>;

/**
 * Handles `Derive(…)` as written since Nix 1.0 and `DrvWithVersion("xp-dyn-drv",…)` of dynamic derivations.
 * @throws DerivationSyntaxError
 */
export function parseDerivation(path: DrvPath, text: string): Derivation {
  const reader = new AtermReader(path, text);
  const { outputs, inputDrvs } = readHead(reader);
  reader.expect(",");
  const inputSrcs = reader.strings();
  reader.expect(",");
  const system = reader.string();
  reader.expect(",");
  const builder = reader.string();
  reader.expect(",");
  const args = reader.strings();
  reader.expect(",");
  const env = readEnvironment(reader);
  reader.expect(")");

  const structuredAttrs = parseStructuredAttrs(env["__json"]);
  const name = derivationName(path);
  const common = { path, name, outputs, inputDrvs, inputSrcs, system, builder, args, env };
  return structuredAttrs === undefined ? common : { ...common, structuredAttrs };
}

function readHead(reader: AtermReader): Pick<Derivation, "outputs" | "inputDrvs"> {
  if (reader.has("DrvWithVersion(")) {
    reader.expect("DrvWithVersion(");
    if (reader.string() !== "xp-dyn-drv") throw reader.error("a known version");
    reader.expect(",");
  } else {
    reader.expect("Derive(");
  }
  const outputs = readOutputs(reader);
  reader.expect(",");
  return { outputs, inputDrvs: readInputs(reader) };
}

/** `/nix/store/<32 characters>-linux-6.1.drv` → `linux-6.1`. */
function derivationName(path: DrvPath): string {
  const base = path.slice(path.lastIndexOf("/") + 1);
  return base.slice(base.indexOf("-") + 1, base.endsWith(".drv") ? -4 : undefined);
}

function readOutputs(reader: AtermReader): Dictionary<DerivationOutput> {
  const outputs = dictionary<DerivationOutput>();
  reader.list(() => {
    reader.expect("(");
    const name = reader.string();
    reader.expect(",");
    const path = reader.string();
    reader.expect(",");
    const hashAlgo = reader.string();
    reader.expect(",");
    const hash = reader.string();
    reader.expect(")");
    outputs[name] = { path, hashAlgo, hash };
  });
  return outputs;
}

function readInputs(reader: AtermReader): Map<DrvPath, readonly OutputName[]> {
  const inputs = new Map<DrvPath, readonly OutputName[]>();
  reader.list(() => {
    reader.expect("(");
    const path = reader.string();
    reader.expect(",");
    inputs.set(path, reader.has("(") ? readDynamicOutputs(reader) : reader.strings());
    reader.expect(")");
  });
  return inputs;
}

/**
 * `(["out"],[("drv",["out"])])`: outputs selected, and outputs of derivations which those outputs are. To
 * select something of what an output turns out to be is to depend on that output, so both count.
 */
function readDynamicOutputs(reader: AtermReader): readonly OutputName[] {
  reader.expect("(");
  const names = new Set(reader.strings());
  reader.expect(",");
  reader.list(() => {
    reader.expect("(");
    names.add(reader.string());
    reader.expect(",");
    reader.skipNested();
    reader.expect(")");
  });
  reader.expect(")");
  return [...names];
}

function readEnvironment(reader: AtermReader): Dictionary<string> {
  const env = dictionary<string>();
  reader.list(() => {
    reader.expect("(");
    const name = reader.string();
    reader.expect(",");
    env[name] = reader.string();
    reader.expect(")");
  });
  return env;
}

/** Broken JSON is left as the string it is: Nix refuses such a derivation when it is built, and says so better. */
function parseStructuredAttrs(json: string | undefined): { readonly [key: string]: Json } | undefined {
  if (json === undefined) return undefined;
  try {
    const value = JSON.parse(json) as Json;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.assign(dictionary<Json>(), value);
  } catch {
    return undefined;
  }
}
