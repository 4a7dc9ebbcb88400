{ lists }:

rec {
  inherit (builtins)
    attrNames
    attrValues
    hasAttr
    intersectAttrs
    listToAttrs
    mapAttrs
    removeAttrs
    ;

  nameValuePair = name: value: { inherit name value; };
  optionalAttrs = condition: set: if condition then set else { };
  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
  filterAttrs =
    predicate: set:
    listToAttrs (
      lists.concatMap (
        name: lists.optional (predicate name set.${name}) (nameValuePair name set.${name})
      ) (attrNames set)
    );
  foldAttrs =
    f: nul: sets:
    lists.foldl' (
      result: set:
      result // mapAttrs (name: value: f value (result.${name} or nul)) set
    ) { } sets;
  recursiveUpdate =
    a: b:
    a
    // mapAttrs (
      name: value:
      if builtins.isAttrs value && builtins.isAttrs (a.${name} or null) then
        recursiveUpdate a.${name} value
      else
        value
    ) b;

  isDerivation = x: (x.type or null) == "derivation";
  recurseIntoAttrs = set: set // { recurseForDerivations = true; };
  dontRecurseIntoAttrs = set: set // { recurseForDerivations = false; };

  # An output by name, and quietly `out` (or the package itself) where there is none of that name:
  # https://nixos.org/manual/nixpkgs/stable/#function-library-lib.attrsets.getOutput
  getOutput =
    output: package:
    if !(package.outputSpecified or false) then
      package.${output} or package.out or package
    else
      package;
  getBin = getOutput "bin";
  getLib = getOutput "lib";
  getDev = getOutput "dev";
  getMan = getOutput "man";
  getExe = package: "${getBin package}/bin/${package.meta.mainProgram or package.pname}";
  getExe' = package: name: "${getBin package}/bin/${name}";
}
