# A disk image on ZFS, put together in a virtual machine that has to mount it.
#
# Stands for make-single-disk-zfs-image.nix in nixpkgs, broken for twelve weeks before a user said so:
# https://github.com/NixOS/nixpkgs/issues/455144
{
  pkgs,
  aggregateModules,
  linuxPackages,
}:

import ../../nixos/lib/make-single-disk-zfs-image.nix {
  inherit pkgs;
  kernel = aggregateModules (
    with linuxPackages;
    [
      kernel
      zfs
    ]
  );
  meta.description = "Disk image on ZFS";
}
