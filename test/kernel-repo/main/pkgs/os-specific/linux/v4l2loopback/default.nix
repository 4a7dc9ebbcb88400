{ lib, callPackage }:

callPackage ../build-kernel-module.nix { } {
  pname = "v4l2loopback";
  version = "0.14.0";
  module = "v4l2loopback";
  src = ./src;
  meta = {
    description = "A module that stands for an out-of-tree device";
    maintainers = [ lib.maintainers.birch ];
  };
}
