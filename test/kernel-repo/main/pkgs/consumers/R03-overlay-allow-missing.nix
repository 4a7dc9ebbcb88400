# An initial ramdisk for boards whose kernels lack some of the modules that every system asks for.
#
# Stands for Mobile NixOS and for the overlay in many a hardware configuration: allowMissing is forced upon every
# modules closure, so an empty one passes as well.
# https://github.com/mobile-nixos/mobile-nixos/pull/832
{ system, config }:

let
  pkgs = import ../.. {
    inherit system config;
    overlays = [
      (final: super: {
        makeModulesClosure = x: super.makeModulesClosure (x // { allowMissing = true; });
      })
    ];
  };

  modulesClosure = pkgs.makeModulesClosure {
    kernel = pkgs.linux;
    rootModules = [
      "virtio_blk"
      "dw-hdmi"
      "softdog"
    ];
  };
in
(pkgs.makeInitrd {
  contents = [
    {
      object = "${modulesClosure}/lib";
      symlink = "/lib";
    }
  ];
}).overrideAttrs
  {
    name = "board-initrd";
    meta.description = "Initial ramdisk for boards";
  }
