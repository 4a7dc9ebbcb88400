{ lib, callPackage }:

callPackage ../build-kernel-module.nix { } {
  pname = "zfs";
  version = "2.2.7";
  module = "zfs";
  src = ./src;
  meta = {
    description = "A module that stands for ZFS: out of tree, and what images are built for";
    maintainers = [ lib.maintainers.cedar ];
  };
}
