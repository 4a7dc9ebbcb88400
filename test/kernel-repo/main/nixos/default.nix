# A system out of a configuration: nixos { boot.kernelModules = [ "loop" ]; }
#
# Stands for NixOS' module system with a handful of options: the given configuration over defaults, and each module
# a function of the result.
{ pkgs }:

configuration:

let
  inherit (pkgs) lib;

  defaults = {
    networking.hostName = "machine";
    boot = {
      kernelPackages = pkgs.linuxPackages;
      extraModulePackages = [ config.boot.kernelPackages.zfs ];
      extraModprobeConfig = "";
      kernelModules = [ ];
      kernelParams = [
        "console=ttyS0"
        "panic=-1"
      ];
      postBootCommands = "";
      initrd = {
        allowMissingModules = false;
        availableKernelModules = [ ];
        kernelModules = [
          "virtio_pci"
          "virtio_blk"
        ];
        postDeviceCommands = "";
        postMountCommands = "";
      };
    };
  };

  modules = [
    ./modules/system/activation/top-level.nix
    ./modules/system/boot/kernel.nix
    ./modules/system/boot/modprobe.nix
    ./modules/system/boot/stage-1.nix
    ./modules/system/boot/stage-2.nix
  ];

  config = lib.foldl' lib.recursiveUpdate (lib.recursiveUpdate defaults configuration) (
    map (module: import module { inherit pkgs lib config; }) modules
  );
in
{
  inherit config;
  inherit (config.system.build) toplevel;
}
