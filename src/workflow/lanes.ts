/**
 * Lanes: how much of each kind of work runs at once on this machine.
 *
 * Two builds and two VMs: base and head of one thing side by side. A kernel built from source uses all cores
 * by itself (Nix's own `cores`), so more would only make each slower.
 */
import PQueue from "p-queue";

export interface Lanes {
  readonly builds: PQueue;
  readonly vms: PQueue;
}

export function createLanes(): Lanes {
  return { builds: new PQueue({ concurrency: 2 }), vms: new PQueue({ concurrency: 2 }) };
}
