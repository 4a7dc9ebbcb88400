# Debian's cloud kernel: a real image and some 1,100 real modules without an hour of compiling.
{
  lib,
  callPackage,
  debs,
  debianTree,
}:

callPackage ./build.nix { } {
  inherit (debs.linux) version;
  modDirVersion = debs.linux.abi;
  src = debianTree;
  configfile = "${debianTree}/config";
  installBuildTree = builtins.readFile ./install-prebuilt-build-tree.sh;
  features = {
    cloud = true;
    ebpf = true;
  };
  meta.description = "The Linux kernel, built by Debian for virtual machines";
}
