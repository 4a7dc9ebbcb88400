# An image of a system on ZFS, and the files to boot the virtual machine that fills it.
# https://github.com/NixOS/nixpkgs/blob/master/nixos/lib/make-single-disk-zfs-image.nix
{
  pkgs,
  # Image and modules in one tree, ZFS among them.
  kernel,
  name ? "zfs-image",
  meta ? { },
}:

let
  vm = pkgs.vmTools.override {
    inherit kernel;
    rootModules = [
      "zfs"
      "virtio_pci"
      "virtio_blk"
      "fuse"
    ];
  };
in
pkgs.runCommand name { inherit meta; } ''
  mkdir $out
  truncate --size 8M $out/nixos.root.img
  printf 'pool=rpool\nbuilder=%s\n' ${vm.bootFiles} > $out/image-info
  cp ${vm.bootFiles}/* $out/
''
