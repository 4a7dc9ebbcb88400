# The standard environment: the host's compiler and tools behind a setup script.
#
# Nix's sandbox shows only what `sandbox-paths` lists (/bin /usr /lib /lib64). Debian reaches some tools
# through /etc/alternatives, which is not among them; `hostTools` names those directly.
#
# `config.salt`, any string, makes every derivation a new one: for whoever measures or interrupts real builds.
{
  lib,
  system,
  config,
}:

let
  hostTools = {
    awk = "/usr/bin/mawk";
    cc = "/usr/bin/gcc";
    "c++" = "/usr/bin/g++";
    lzma = "/usr/bin/xz";
  };

  parsed = builtins.match "([^-]+)-(.+)" system;
  platform = rec {
    inherit system;
    cpu = builtins.elemAt parsed 0;
    os = builtins.elemAt parsed 1;
    isLinux = os == "linux";
    isDarwin = os == "darwin";
    isx86_64 = cpu == "x86_64";
    isAarch64 = cpu == "aarch64";
    linuxArch = if isAarch64 then "arm64" else cpu;
    linux-kernel.target = if isAarch64 then "Image" else "bzImage";
  };

  self =
    derivation (
      {
        name = "stdenv-${platform.os}";
        outputs = [ "out" ];
        inherit system;
        builder = "/bin/bash";
        args = [
          "-e"
          ./make-stdenv.sh
        ];
        setup = ./setup.sh;
        tools = lib.mapAttrsToList (name: path: "${name}=${path}") hostTools;
      }
      // lib.optionalAttrs (config ? salt) { inherit (config) salt; }
    )
    // {
      hostPlatform = platform;
      buildPlatform = platform;
      inherit (platform) isLinux isDarwin isAarch64;
      mkDerivation = import ./make-derivation.nix { inherit lib system; stdenv = self; };
      meta = {
        description = "Compiler and tools of the host";
        position = "pkgs/stdenv/default.nix:${toString (builtins.unsafeGetAttrPos "tools" self.drvAttrs).line}";
        maintainers = [ lib.maintainers.alder ];
      };
    };
in
self
