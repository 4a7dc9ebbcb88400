# callPackage and scopes.
{ lists, attrsets }:

rec {
  # `f args`, with `.override` on the result when that is a set. A function as result (a build helper
  # such as makeModulesClosure) comes as it is.
  makeOverridable =
    f: args:
    let
      result = f args;
      override = new: makeOverridable f (args // (if builtins.isFunction new then new args else new));
    in
    if builtins.isAttrs result then result // { inherit override; } else result;

  callPackageWith =
    scope: fn: args:
    let
      f = if builtins.isFunction fn then fn else import fn;
      wanted = builtins.intersectAttrs (builtins.functionArgs f) scope;
    in
    makeOverridable f (wanted // args);

  # A set whose members see each other before they see the surrounding packages (linuxPackages).
  makeScope =
    newScope: f:
    let
      self = f self // {
        newScope = scope: newScope (self // scope);
        callPackage = self.newScope { };
        overrideScope =
          overlay:
          makeScope newScope (
            final:
            let
              previous = f final;
            in
            previous // overlay final previous
          );
        packages = f;
      };
    in
    self;

  # A derivation as the package set hands it out: with `extra` attributes, on the package and on each of
  # its outputs.
  extendDerivation =
    extra: drv:
    let
      outputs = attrsets.listToAttrs (
        map (
          name:
          attrsets.nameValuePair name (
            common
            // {
              inherit (drv.${name}) outPath drvPath type outputName;
              outputSpecified = true;
            }
          )
        ) drv.outputs
      );
      common =
        drv
        // outputs
        // {
          all = map (name: outputs.${name}) drv.outputs;
        }
        // extra;
    in
    common
    // {
      inherit (outputs.${lists.head drv.outputs}) outPath drvPath outputName;
    };
}
