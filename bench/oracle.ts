/**
 * Asks `oracle.nix` about base and head and compares: a rebuild is an attr at head with an output path that no attr had at
 * base. Written apart from `src/` on purpose, and to be read in a minute: where the two disagree, one of them is wrong.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { measureProcess } from "./measure-process.ts";

export interface OracleQuestion {
  /** Directories; walked by one process. */
  readonly trees: readonly string[];
  /** What each `default.nix` is called with. */
  readonly arguments: object;
  /** Attributes that would end the walk; counted as failing. Each is a list of names. */
  readonly skip?: readonly (readonly string[])[];
  readonly scratch: string;
}

/** One tree. */
export type Walk = readonly Attribute[];

interface Attribute {
  readonly path: readonly string[];
  /** Absent where the attribute fails. */
  readonly drv?: string;
  readonly outputs?: readonly string[];
}

/** @returns one walk for each tree */
export async function askOracle(question: OracleQuestion): Promise<readonly Walk[]> {
  const { trees, arguments: called, skip = [], scratch } = question;
  const entries = trees.map((directory) => join(directory, "default.nix"));
  const command = ["nix-instantiate", "--eval", "--strict", "--json", "--readonly-mode"].concat(
    join(import.meta.dirname, "oracle.nix"),
    ["--argstr", "question", JSON.stringify({ trees: entries, arguments: called, skip })],
  );
  const { status, stdoutFile, stderr } = await measureProcess(command, { directory: scratch, scratch });
  if (status !== 0) throw new Error(`the oracle ended with ${status}: ${stderr.slice(-2000)}`);
  return JSON.parse(await readFile(stdoutFile, "utf8")) as Walk[];
}

export interface OracleCounts {
  /** Attributes at head, those that fail included. */
  readonly evaluated: number;
  readonly attrs: number;
  readonly derivations: number;
  /** Names of rebuilt attributes. */
  readonly rebuilt: readonly string[];
}

export function countRebuilds(base: Walk, head: Walk): OracleCounts {
  const known = new Set(base.flatMap(({ outputs = [] }) => outputs));
  const rebuilt = head.filter(({ outputs = [] }) => outputs.some((output) => !known.has(output)));
  return {
    evaluated: head.length,
    attrs: rebuilt.length,
    derivations: new Set(rebuilt.map(({ drv }) => drv)).size,
    rebuilt: rebuilt.map(({ path }) => path.map(nameOf).join(".")),
  };
}

/** As Nix writes a name in a path: in quotes where it has to be. */
function nameOf(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_'-]*$/.test(name) ? name : JSON.stringify(name);
}
