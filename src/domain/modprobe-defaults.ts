/**
 * What the built-in boot test loads when the configuration names nothing.
 *
 * Chosen so that most kernels have several of them as modules: one with an option that can be read back, one
 * whose option is what nixpkgs' own `nixosTests.systemd-initrd-modprobe` sets, some that pull in others
 * (xfs: libcrc32c; bridge: llc and stp; 9p: 9pnet), so that depmod's index is really used. All are quick to load in
 * an emulated machine; btrfs, for one, is not, since raid6 measures its algorithms first. A kernel may lack any.
 */
import type { ModprobeRequest } from "./vm.ts";

export const DEFAULT_MODPROBE: readonly ModprobeRequest[] = [
  { module: "loop", options: { max_loop: "4" }, optional: true },
  { module: "tcp_hybla", options: { rtt0: "42" }, optional: true },
  { module: "dummy", options: {}, optional: true },
  { module: "ext4", options: {}, optional: true },
  { module: "xfs", options: {}, optional: true },
  { module: "bridge", options: {}, optional: true },
  { module: "9p", options: {}, optional: true },
];
