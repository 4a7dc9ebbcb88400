/**
 * Package sets of any size with a graph like nixpkgs': a chain of base packages that everything needs, a few popular packages
 * that many need, sub-sets of a hundred whose packages need each other in layers, kernels with their modules, packages that
 * use a module, and attributes that fail. The same plan gives the same files, byte for byte.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Random, randomFrom } from "../test/harness/random.ts";

export interface PackageSetPlan {
  /** Attributes that a walk lists, those that fail included; at least 100. */
  readonly attrs: number;
  /** Share of the ordinary packages that fail, from 0 to 1. */
  readonly failing: number;
  readonly seed: number;
}

export interface PackageSet {
  /** Path below the root → contents. */
  readonly files: Readonly<Record<string, string>>;
  /** What changes with another release of one kernel; `files` has the first. */
  readonly withRelease: (release: number) => Readonly<Record<string, string>>;
  /** Attributes whose error cannot be caught inside Nix. */
  readonly uncatchable: readonly (readonly string[])[];
}

const BASES = 20;
const KERNELS = ["5_4", "5_10", "5_15", "6_1"];
/** Modules of all kernels together, as a share of all attributes. */
const MODULES = 0.01;
const SET_SIZE = 100;
/** A package needs others of its set in lower layers only. */
const LAYERS = 8;
/** The first sets hold what is popular. */
const POPULAR = 0.05;
/** One in this many packages uses a module, and nothing needs it. */
const MODULE_USER = 200;
/** The first failing package, and then one in this many, fails in a way that ends the evaluator. */
const UNCATCHABLE = 200;
const CAUGHT = [
  'throw "${name} is marked as broken"',
  "assert false; { }",
  'mk { name = throw "no ${name}"; needs = [ ]; }',
];
const NOT_CAUGHT = ['abort "${name} cannot be evaluated"', "{ }.missing"];

const KERNEL_DIRECTORY = "pkgs/os-specific/linux/kernel";

export function generatePackageSet({ attrs, failing, seed }: PackageSetPlan): PackageSet {
  const random = randomFrom(seed);
  const modules = Math.max(2, Math.round((attrs * MODULES) / KERNELS.length));
  // Of each kernel: itself, itself again in its set, its modules.
  const ordinary = attrs - BASES - KERNELS.length * (2 + modules);
  const sets = Math.ceil(ordinary / SET_SIZE);
  const files: Record<string, string> = { "lib/derivation.nix": DERIVATION };
  const uncatchable: string[][] = [];
  const popular: string[] = [];
  let failures = 0;
  const endsEvaluator = () => failures++ % UNCATCHABLE === 0;
  for (let set = 0; set < sets; set += 1) {
    const size = Math.min(SET_SIZE, ordinary - set * SET_SIZE);
    const made = packagesOf({ name: setName(set), size, failing, modules, popular, endsEvaluator }, random);
    files[`pkgs/${setName(set)}.nix`] = made.text;
    uncatchable.push(...made.uncatchable);
    if (set < Math.max(1, sets * POPULAR)) popular.push(...made.usable);
  }
  for (const kernel of KERNELS) files[kernelFile(kernel)] = kernelText(kernel, 1);
  files[`${KERNEL_DIRECTORY}/modules.nix`] = modulesText(modules);
  files["pkgs/bases.nix"] = basesText();
  files["default.nix"] = rootText(sets);
  const [bumped = ""] = KERNELS.slice(-1);
  const withRelease = (release: number) => ({ [kernelFile(bumped)]: kernelText(bumped, release) });
  return { files, withRelease, uncatchable };
}

export async function writePackageSet(
  directory: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
}

const number = (value: number, digits: number) => String(value).padStart(digits, "0");
const setName = (set: number) => `set${number(set, 4)}`;
const baseName = (base: number) => `base${number(base, 2)}`;
const moduleName = (module: number) => `module${number(module, 4)}`;
const kernelFile = (kernel: string) => `${KERNEL_DIRECTORY}/linux-${kernel.replace("_", ".")}.nix`;

/** Evaluated, never built. */
const DERIVATION = `{ system }:
{ name, needs, outputs ? [ "out" ], passthru ? { }, maintainer ? "nobody" }@arguments:
let
  attrs = removeAttrs arguments [ "passthru" "maintainer" ];
in
derivation (attrs // {
  inherit system outputs;
  builder = "/bin/sh";
  args = [ "-ec" "mkdir $out" ];
  PATH = "/usr/bin:/bin";
}) // { meta.maintainers = [ { github = maintainer; } ]; } // passthru
`;

interface SetPlan {
  readonly name: string;
  readonly size: number;
  readonly failing: number;
  readonly modules: number;
  /** Expressions of packages that others may need. */
  readonly popular: readonly string[];
  /** Says whether the next failing package ends the evaluator. */
  readonly endsEvaluator: () => boolean;
}

function packagesOf({ name: set, size, failing, modules, popular, endsEvaluator }: SetPlan, random: Random) {
  const usable: string[] = [];
  const uncatchable: string[][] = [];
  const lines = Array.from({ length: size }, (_, index) => {
    const attr = `package${number(index, 2)}`;
    const name = `${set}-${attr}`;
    if (random.fraction() < failing) {
      const ends = endsEvaluator();
      if (ends) uncatchable.push([set, attr]);
      const error = ends ? pick(NOT_CAUGHT, random) : pick(CAUGHT, random);
      return `  ${attr} = ${error?.replaceAll("${name}", name)};`;
    }
    const below = usable.slice(0, Math.floor((index * LAYERS) / SET_SIZE) * Math.floor(SET_SIZE / LAYERS));
    const needs = [
      baseName(BASES - 1),
      baseName(random.below(BASES)),
      pick(popular, random),
      pick(below, random),
    ];
    if (random.below(MODULE_USER) === 0)
      needs.push(`linuxPackages_${pick(KERNELS, random)}.${moduleName(random.below(modules))}`);
    else usable.push(`${set}.${attr}`);
    const list = needs.flatMap((need) => (need === undefined ? [] : [`pkgs.${need}`])).join(" ");
    return `  ${attr} = mk { name = "${name}-${random.below(9)}.${random.below(20)}"; maintainer = "person${random.below(500)}"; needs = [ ${list} ]; };`;
  });
  const text = `{ pkgs, mk }:\n{\n  recurseForDerivations = true;\n${lines.join("\n")}\n}\n`;
  return { text, usable, uncatchable };
}

function pick(choices: readonly string[], random: Random): string | undefined {
  return choices[random.below(choices.length)];
}

function kernelText(kernel: string, release: number): string {
  const version = `${kernel.replace("_", ".")}.${release}`;
  return `{ pkgs, mk }:
mk {
  name = "linux-${version}";
  outputs = [ "out" "dev" "modules" ];
  needs = [ pkgs.${baseName(BASES - 1)} pkgs.${baseName(3)} ];
  passthru = { version = "${version}"; modDirVersion = "${version}"; };
}
`;
}

function modulesText(modules: number): string {
  const lines = Array.from(
    { length: modules },
    (_, module) =>
      `  ${moduleName(module)} = mk { name = "${moduleName(module)}-1.0-\${kernel.version}"; needs = [ kernel.dev pkgs.${baseName(BASES - 1)} ]; };`,
  );
  return `{ pkgs, mk, kernel }:\n{\n  recurseForDerivations = true;\n  inherit kernel;\n${lines.join("\n")}\n}\n`;
}

function basesText(): string {
  const lines = Array.from({ length: BASES }, (_, base) => {
    const needs = base === 0 ? "" : `pkgs.${baseName(base - 1)} `;
    return `  ${baseName(base)} = mk { name = "${baseName(base)}-1.${base}"; needs = [ ${needs}]; };`;
  });
  return `{ pkgs, mk }:\n{\n${lines.join("\n")}\n}\n`;
}

function rootText(sets: number): string {
  const kernels = KERNELS.flatMap((kernel) => [
    `  linux_${kernel} = call ./${kernelFile(kernel)};`,
    `  linuxPackages_${kernel} = import ./${KERNEL_DIRECTORY}/modules.nix { inherit pkgs mk; kernel = pkgs.linux_${kernel}; };`,
  ]);
  const others = Array.from(
    { length: sets },
    (_, set) => `  ${setName(set)} = call ./pkgs/${setName(set)}.nix;`,
  );
  return `{ system, config ? { } }:
let
  mk = import ./lib/derivation.nix { inherit system; };
  call = file: import file { inherit pkgs mk; };
  pkgs = call ./pkgs/bases.nix // {
${[...kernels, ...others].join("\n")}
  };
in
pkgs
`;
}
