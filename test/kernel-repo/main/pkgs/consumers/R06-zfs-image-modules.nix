# The same image by somebody who heard of the new output: the modules are there now, the kernel's image is not.
#
# Stands for the first attempts at repairing image builders whose one argument has to hold both:
# https://github.com/nix-community/disko/pull/1116
{
  pkgs,
  aggregateModules,
  linuxPackages,
}:

let
  inherit (linuxPackages) kernel zfs;
in
import ../../nixos/lib/make-single-disk-zfs-image.nix {
  inherit pkgs;
  name = "zfs-image-modules";
  kernel = aggregateModules [
    (kernel.modules or kernel)
    zfs
  ];
  meta.description = "Disk image on ZFS, from the modules output";
}
