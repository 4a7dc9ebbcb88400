# Old names. An alias is the same derivation under a second attribute.
{ lib, stdenv }:

self: super:
{
  hello-world = self.hello;
  pkgconfig = self.pkg-config;
  silver-searcher-ag = self.silver-searcher;
}
// lib.optionalAttrs stdenv.hostPlatform.isLinux {
  linux_6_1 = self.linux;
  linuxPackages_6_1 = lib.dontRecurseIntoAttrs self.linuxPackages;
}
