# Joins lib, stdenv and the overlays to one package set.
{
  system,
  config,
  overlays,
}:

let
  lib = import ../../lib;
  stdenv = import ../stdenv { inherit lib system config; };

  # Which attributes a stage defines must not depend on the set that the stages make together, so these
  # two come to each stage directly.
  stage = path: import path { inherit lib stdenv; };

  bootstrap = self: super: {
    inherit
      lib
      stdenv
      config
      system
      ;
    pkgs = self;
    callPackage = lib.callPackageWith self;
    newScope = extra: lib.callPackageWith (self // extra);
  };

  stages = [
    bootstrap
    (self: super: import ../build-support/trivial-builders { inherit (self) lib stdenv; })
    (stage ./plain-packages.nix)
    (stage ./linux-kernels.nix)
    (stage ./all-packages.nix)
  ]
  ++ lib.optional stdenv.hostPlatform.isLinux (import ./systems.nix)
  ++ lib.optional (config.allowAliases or true) (stage ./aliases.nix);
in
lib.fix (lib.extends (lib.composeManyExtensions (stages ++ overlays)) (self: { }))
