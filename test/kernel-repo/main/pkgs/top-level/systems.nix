# Systems, what they are put together from, their tests, and the packages that use a kernel from outside.
self: super:

let
  inherit (self) lib callPackage;
  system = self.nixos { };
in
{
  makeModulesClosure = callPackage ../build-support/kernel/modules-closure.nix { };
  aggregateModules = callPackage ../os-specific/linux/kmod/aggregator.nix { };
  makeInitrd = callPackage ../build-support/kernel/make-initrd.nix { };
  initrdUtils = callPackage ../build-support/kernel/initrd-utils.nix { };

  vmTools = lib.dontRecurseIntoAttrs (callPackage ../build-support/vm { });

  nixos = import ../../nixos { pkgs = self; };
  nixosTests = lib.recurseIntoAttrs (import ../../nixos/tests/all-tests.nix { pkgs = self; });

  inherit (system) toplevel;
  inherit (system.config.system) modulesTree;
  initrd = system.config.system.build.initialRamdisk;

  consumers = import ./consumers.nix { inherit lib callPackage; };
}
