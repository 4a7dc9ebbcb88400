# stdenv.mkDerivation: attributes, or a function of the final ones, to a derivation with meta, passthru,
# outputs and overrideAttrs, as in nixpkgs.
{
  lib,
  stdenv,
  system,
}:

let
  root = toString ../..;

  # `file:line`, relative to the root of the checkout, so that it says the same in every checkout.
  position =
    attrs:
    let
      found = builtins.filter (pos: pos != null) [
        (builtins.unsafeGetAttrPos "description" (attrs.meta or { }))
        (builtins.unsafeGetAttrPos "version" attrs)
        (builtins.unsafeGetAttrPos "pname" attrs)
        (builtins.unsafeGetAttrPos "name" attrs)
      ];
      pos = builtins.head found;
    in
    lib.optionalAttrs (found != [ ]) {
      position = "${lib.removePrefix "${root}/" pos.file}:${toString pos.line}";
    };

  # Environment variables under structured attributes are only those in `env`; without, everything is one.
  argumentsOf =
    attrs:
    removeAttrs attrs [
      "env"
      "meta"
      "passthru"
    ]
    // (if attrs.__structuredAttrs or false then { env = attrs.env or { }; } else attrs.env or { })
    // {
      name = attrs.name or "${attrs.pname}-${attrs.version}";
      inherit stdenv system;
      builder = "/bin/bash";
      args = attrs.args or [
        "-e"
        ./default-builder.sh
      ];
      outputs = attrs.outputs or [ "out" ];
      nativeBuildInputs = map lib.getDev (attrs.nativeBuildInputs or [ ]);
    };

  mkDerivation =
    given:
    let
      attrs = if builtins.isFunction given then lib.fix given else given;
      overrideAttrs =
        change:
        mkDerivation (
          final:
          let
            previous = if builtins.isFunction given then given final else given;
            changed = if builtins.isFunction change then change else (_: change);
            once = changed previous;
          in
          previous // (if builtins.isFunction once then changed final previous else once)
        );
      arguments = argumentsOf attrs;
    in
    lib.extendDerivation (
      (attrs.passthru or { })
      // {
        inherit overrideAttrs;
        inherit (arguments) name;
        meta = { outputsToInstall = [ "out" ]; } // (attrs.meta or { }) // position attrs;
        passthru = attrs.passthru or { };
      }
      // lib.optionalAttrs (attrs ? pname) { inherit (attrs) pname; }
      // lib.optionalAttrs (attrs ? version) { inherit (attrs) version; }
    ) (derivation arguments);
in
mkDerivation
