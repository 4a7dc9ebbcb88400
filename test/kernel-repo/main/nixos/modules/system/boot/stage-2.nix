# The root file system of a system that is run in a virtual machine: an archive on a disk, which stage 1 unpacks.
{ pkgs, config, ... }:

let
  modulesClosure = pkgs.makeModulesClosure {
    kernel = config.system.modulesTree;
    rootModules = config.boot.kernelModules;
  };
in
{
  system.build.bootStage2 = pkgs.writeScript "stage-2-init.sh" (
    "#!/bin/sh\n"
    +
      builtins.replaceStrings
        [
          "@kernelModules@"
          "@postBootCommands@"
        ]
        [
          (toString config.boot.kernelModules)
          config.boot.postBootCommands
        ]
        (builtins.readFile ./stage-2-init.sh)
  );

  system.build.rootArchive = pkgs.makeInitrd {
    name = "root-archive";
    compressor = "cat";
    contents = [
      {
        object = config.system.build.bootStage2;
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
