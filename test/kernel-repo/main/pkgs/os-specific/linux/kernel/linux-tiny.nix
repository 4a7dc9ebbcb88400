# A small modular kernel, compiled here: boots in QEMU with a serial console and an initrd.
{
  lib,
  callPackage,
  debs,
  linuxSource,
}:

callPackage ./build.nix { } {
  pname = "linux-tiny";
  inherit (debs.source) version;
  src = linuxSource;
  configfile = ./tiny.config;
  defconfig = "allnoconfig";
  meta.description = "The Linux kernel, small and compiled from source";
}
