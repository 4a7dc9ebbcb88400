# The kernel of a system, and the tree that holds all modules it can load: the kernel's own and those of
# `boot.extraModulePackages`. This tree is `/run/booted-system/kernel-modules` of a running system.
{
  lib,
  pkgs,
  config,
  ...
}:

let
  inherit (config.boot.kernelPackages) kernel;
in
{
  system.build = { inherit kernel; };
  system.modulesTree = pkgs.aggregateModules ([ kernel ] ++ config.boot.extraModulePackages);
}
