/**
 * Lanes: how much of each kind of work runs at once on this machine.
 *
 * Two builds: base and head of one thing side by side; a kernel built from source uses all cores by itself (Nix's
 * own `cores`), so more would only make each slower. One VM for two cores: an emulated processor keeps one core busy
 * and the machine around it another, and a guest that has to wait for its own serial port loses what it says.
 */
import PQueue from "p-queue";

export interface Lanes {
  readonly builds: PQueue;
  readonly vms: PQueue;
}

/** @param cores of this machine */
export function createLanes(cores: number): Lanes {
  return {
    builds: new PQueue({ concurrency: 2 }),
    vms: new PQueue({ concurrency: Math.max(1, Math.floor(cores / 2)) }),
  };
}
