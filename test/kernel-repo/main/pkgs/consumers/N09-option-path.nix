# An option that is called `kernel.modules` and is a list of names, as in Mobile NixOS.
{ makeModulesClosure, modulesTree }:

let
  config.mobile.boot.stage-1.kernel.modules = [
    "virtio_blk"
    "overlay"
  ];
in
(makeModulesClosure {
  kernel = modulesTree;
  rootModules = config.mobile.boot.stage-1.kernel.modules;
}).overrideAttrs
  {
    name = "stage-1-modules";
    meta.description = "Modules of a first stage";
  }
