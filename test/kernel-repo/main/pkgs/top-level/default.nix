# Joins lib, stdenv and the overlays to one package set.
{
  system,
  config,
  overlays,
}:

let
  lib = import ../../lib;

  bootstrap = self: super: {
    inherit lib config system;
    stdenv = import ../stdenv { inherit lib system; };
    pkgs = self;
    callPackage = lib.callPackageWith self;
    newScope = extra: lib.callPackageWith (self // extra);
  };

  trivialBuilders =
    self: super: import ../build-support/trivial-builders { inherit (self) lib stdenv; };
  allPackages = import ./all-packages.nix;
  plainPackages = import ./plain-packages.nix;
  aliases = self: super: lib.optionalAttrs (config.allowAliases or true) (import ./aliases.nix self super);

  stages = [
    bootstrap
    trivialBuilders
    plainPackages
    allPackages
    aliases
  ];
in
lib.fix (lib.extends (lib.composeManyExtensions (stages ++ overlays)) (self: { }))
