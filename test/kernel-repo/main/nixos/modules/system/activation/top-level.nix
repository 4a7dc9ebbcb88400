# A generation: everything a boot loader and a running system need, under one path.
# https://github.com/NixOS/nixpkgs/blob/master/nixos/modules/system/activation/top-level.nix
{ pkgs, config, ... }:

let
  inherit (config.system) build modulesTree;
in
{
  system.build.toplevel = pkgs.stdenv.mkDerivation {
    name = "nixos-system-${config.networking.hostName}";
    buildCommand = ''
      mkdir $out
      ln -s ${build.kernel}/bzImage $out/kernel
      ln -s ${modulesTree} $out/kernel-modules
      ln -s ${build.initialRamdisk}/initrd $out/initrd
      ln -s ${build.bootStage2} $out/init
      echo -n ${pkgs.lib.escapeShellArg (toString config.boot.kernelParams)} > $out/kernel-params
      echo -n ${pkgs.stdenv.hostPlatform.system} > $out/system
    '';
    meta.description = "A bootable system";
  };
}
