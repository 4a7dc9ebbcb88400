# Options of modules, for kmod in the initial ramdisk and in the running system.
{ pkgs, config, ... }:

{
  environment.etc."modprobe.d/nixos.conf" =
    pkgs.writeText "nixos.conf" config.boot.extraModprobeConfig;
}
