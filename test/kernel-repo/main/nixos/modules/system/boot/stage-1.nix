# The initial ramdisk of a system: the modules of `boot.initrd` and the script that loads them.
{ pkgs, config, ... }:

let
  inherit (config.boot) initrd;

  modulesClosure = pkgs.makeModulesClosure {
    kernel = config.system.modulesTree;
    rootModules = initrd.availableKernelModules ++ initrd.kernelModules;
    allowMissing = initrd.allowMissingModules;
  };

  init = pkgs.writeScript "stage-1-init.sh" (
    "#!/bin/sh\n"
    + builtins.replaceStrings
      [
        "@kernelModules@"
        "@postDeviceCommands@"
        "@postMountCommands@"
      ]
      [
        (toString initrd.kernelModules)
        initrd.postDeviceCommands
        initrd.postMountCommands
      ]
      (builtins.readFile ./stage-1-init.sh)
  );
in
{
  system.build.initialRamdisk = pkgs.makeInitrd {
    contents = [
      {
        object = init;
        symlink = "/init";
      }
      {
        object = "${modulesClosure}/lib";
        symlink = "/lib";
      }
      {
        object = config.environment.etc."modprobe.d/nixos.conf";
        symlink = "/etc/modprobe.d/nixos.conf";
      }
    ];
  };
}
