# Kernels, and for each the packages that are built against it.
{ lib, stdenv }:

self: super:

let
  inherit (self) callPackage;
  debs = callPackage ../os-specific/linux/kernel/debs.nix { };
  debianTree = callPackage ../os-specific/linux/kernel/debian-tree.nix { inherit debs; };
  linuxSource = callPackage ../os-specific/linux/kernel/linux-source.nix { inherit debs; };

  packagesFor =
    kernel:
    lib.makeScope self.newScope (
      scope:
      {
        inherit kernel;
        kernelModuleMakeFlags = kernel.commonMakeFlags ++ [
          "-C"
          "${kernel.dev}/lib/modules/${kernel.modDirVersion}/build"
        ];
        zfs = scope.callPackage ../os-specific/linux/zfs { };
        rtl8188eus = scope.callPackage ../os-specific/linux/rtl8188eus { };
        v4l2loopback = scope.callPackage ../os-specific/linux/v4l2loopback { };
        cpupower = scope.callPackage ../os-specific/linux/cpupower { };
      }
    );
in
lib.optionalAttrs stdenv.hostPlatform.isLinux {
  linux = callPackage ../os-specific/linux/kernel/linux.nix { inherit debs debianTree; };
  linux_tiny = callPackage ../os-specific/linux/kernel/linux-tiny.nix { inherit debs linuxSource; };
  linux_vendor = callPackage ../os-specific/linux/kernel/linux-vendor.nix { inherit debs debianTree; };
  linux_monolithic = callPackage ../os-specific/linux/kernel/linux-monolithic.nix {
    inherit debs debianTree;
  };

  linuxPackagesFor = packagesFor;
  linuxPackages = lib.recurseIntoAttrs (packagesFor self.linux);
  linuxPackages_tiny = lib.recurseIntoAttrs (packagesFor self.linux_tiny);
}
