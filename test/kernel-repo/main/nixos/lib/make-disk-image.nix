# A disk image with a boot partition, for systems with file systems that need modules of their own.
{
  pkgs,
  # Image and modules in one tree.
  kernel,
  rootModules,
  name ? "disk-image",
  # File name of the kernel's image.
  target ? pkgs.stdenv.hostPlatform.linux-kernel.target,
  meta ? { },
}:

let
  modulesClosure = pkgs.makeModulesClosure { inherit kernel rootModules; };
in
pkgs.runCommand name { inherit meta; } ''
  mkdir -p $out/boot
  cp ${kernel}/${target} $out/boot/
  cp -r ${modulesClosure}/lib $out/lib
  truncate --size 8M $out/disk.img
''
