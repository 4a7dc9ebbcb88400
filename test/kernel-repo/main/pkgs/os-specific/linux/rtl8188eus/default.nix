{ lib, callPackage }:

callPackage ../build-kernel-module.nix { } {
  pname = "rtl8188eus";
  version = "5.3.9";
  module = "8188eu";
  src = ./src;
  meta = {
    description = "A module that stands for an out-of-tree network driver";
    maintainers = [ lib.maintainers.alder ];
  };
}
