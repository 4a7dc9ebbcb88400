# The modules of a rescue system, straight out of the kernel.
#
# Stands for vmTools and with it every disk image nixpkgs builds, red on Hydra a day after the split:
# https://github.com/NixOS/nixpkgs/pull/434414
{ linux, makeModulesClosure }:

(makeModulesClosure {
  kernel = linux;
  rootModules = [
    "virtio_blk"
    "overlay"
    "squashfs"
  ];
}).overrideAttrs
  {
    name = "rescue-modules";
    meta.description = "Modules of a rescue system";
  }
