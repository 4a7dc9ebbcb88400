# A disk image from a tree with everything in it, whichever outputs this kernel has.
#
# Stands for disko, repaired once after the split and broken again, by evaluation this time, when the image builders
# began to ask the kernel for the name of its image; an aggregate has no such attribute.
# https://github.com/nix-community/disko/pull/1116 https://github.com/NixOS/nixpkgs/pull/530764
{
  lib,
  pkgs,
  aggregateModules,
  linuxPackages,
}:

let
  inherit (linuxPackages) kernel zfs;
in
import ../../nixos/lib/make-disk-image.nix {
  inherit pkgs;
  kernel = aggregateModules ([ kernel ] ++ lib.optional (kernel ? modules) kernel.modules ++ [ zfs ]);
  rootModules = [
    "zfs"
    "virtio_blk"
  ];
  meta.description = "Disk image from an aggregate";
}
