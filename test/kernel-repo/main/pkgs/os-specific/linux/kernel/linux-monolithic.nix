# A kernel without modules. The image is the same as `linux`'s, taken alone, which is enough for what
# consumers see of such a kernel: no lib/modules anywhere, and isModular = false.
{
  callPackage,
  debs,
  debianTree,
}:

callPackage ./build.nix { } {
  pname = "linux-monolithic";
  inherit (debs.linux) version;
  modDirVersion = debs.linux.abi;
  src = debianTree;
  configfile = "${debianTree}/config";
  isModular = false;
  installBuildTree = builtins.readFile ./install-prebuilt-build-tree.sh;
  meta.description = "The Linux kernel without loadable modules";
}
