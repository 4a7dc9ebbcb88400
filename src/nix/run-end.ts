/** How a run of the evaluator may end, and what it got to. */
import type { AttrError } from "../domain/evaluation.ts";
import type { AttrComponents } from "./walk-output.ts";

export interface RunEnd {
  readonly how:
    | "ended"
    /** Ended by us: too large to go on. */
    | "grown"
    /** What it lacked is there now. */
    | "again"
    | "deadline"
    | "slow"
    | "memory"
    /** Ended by us: the package set went on from something that a withheld file was caught for. */
    | "misled"
    /** Ended from outside, by the kernel or an operator. */
    | "killed"
    | "failed"
    | "flooded"
    /** The root has other names than before. */
    | "changed";
  /** In place `at`. */
  readonly settled: readonly AttrComponents[];
  readonly at: number;
  /** Announced and not settled; only a careful walk announces. */
  readonly current: AttrComponents | undefined;
  /** Whether it got anywhere. */
  readonly progress: boolean;
  readonly said: string;
  readonly error: AttrError;
}

/** Why we end one. */
export type Halt = "end" | "grown" | "misled" | "slow" | "flooded" | "changed" | "unreadable";

export interface RunTime {
  readonly leftMs: number;
  /** How long one attribute may take. */
  readonly patienceMs: number;
  /** Counts announced attributes; false where there are too many. */
  announce(count: number): boolean;
}

export const fatal = (error: string): AttrError => ({ ok: false, error, cause: "fatal" });
