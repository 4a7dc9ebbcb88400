/**
 * Counting rebuilds: how long it takes, in how much memory, and whether the count is right. An oracle decides what is right, not a
 * number written down here; a wrong count ends the bench with an error, a slow one does not.
 */
import { nixpkgsClone } from "./environment.ts";
import { describeMachine } from "./machine.ts";
import { benchHistory } from "./rebuilds-history.ts";
import { benchNixpkgs } from "./rebuilds-nixpkgs.ts";
import { benchScaling } from "./rebuilds-scaling.ts";
import { withScratch } from "./scratch.ts";

export interface RebuildsOptions {
  /** In under a minute, on package sets that are made up. */
  readonly small: boolean;
  /** Commits of nixpkgs' history instead of one pair that is measured. */
  readonly history: boolean;
  /** Revisions of the clone that `NIXPKGS` names. */
  readonly base: string;
  readonly head: string;
  /** How often the pair is measured. */
  readonly rounds: number;
}

export async function benchRebuilds(options: RebuildsOptions): Promise<void> {
  const clone = nixpkgsClone();
  process.stdout.write(`${describeMachine()}\n\n`);
  if (options.history) {
    if (clone === undefined) throw new Error("--history needs NIXPKGS=DIR, a clone of nixpkgs");
    await benchHistory(clone);
    return;
  }
  if (clone !== undefined && !options.small)
    await withScratch((scratch) => benchNixpkgs(clone, options, scratch));
  await benchScaling(options.small ? "small" : "full");
}
