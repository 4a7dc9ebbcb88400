# Reads the new output where there is one, as finix and Mobile NixOS do now.
{ linux, makeModulesClosure }:

(makeModulesClosure {
  kernel = linux.modules or linux;
  rootModules = [
    "virtio_net"
    "tcp_hybla"
  ];
}).overrideAttrs
  {
    name = "network-modules";
    meta.description = "Modules of a network system";
  }
