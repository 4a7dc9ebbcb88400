# The modules of a small network boot system, whatever of them this kernel has.
#
# Stands for not-os, whose initrd could not load a single module; a user found out ten months after the split:
# https://github.com/cleverca22/not-os/pull/41
{ linux, makeModulesClosure }:

(makeModulesClosure {
  kernel = linux;
  rootModules = [
    "tun"
    "loop"
    "squashfs"
    "overlay"
  ];
  allowMissing = true;
}).overrideAttrs
  {
    name = "netboot-modules";
    meta.description = "Modules of a network boot system";
  }
