# The part of nixpkgs' lib that this set needs, under the same names and with the same meanings.
let
  fixedPoints = import ./fixed-points.nix;
  lists = import ./lists.nix;
  strings = import ./strings.nix { inherit lists; };
  attrsets = import ./attrsets.nix { inherit lists; };
  customisation = import ./customisation.nix { inherit lists attrsets; };
in
fixedPoints
// lists
// strings
// attrsets
// customisation
// {
  inherit (builtins)
    functionArgs
    isAttrs
    isBool
    isFunction
    isInt
    isList
    isString
    pathExists
    readFile
    seq
    toJSON
    trace
    ;

  importJSON = path: builtins.fromJSON (builtins.readFile path);
  fileContents = path: strings.removeSuffix "\n" (builtins.readFile path);

  assertMsg = condition: message: condition || builtins.throw message;
  throwIf = condition: message: value: if condition then builtins.throw message else value;
  warn = message: value: builtins.trace "warning: ${message}" value;
  min = a: b: if a < b then a else b;
  max = a: b: if a > b then a else b;
  mod = a: b: a - b * (a / b);

  platforms = import ./platforms.nix;
  licenses = import ./licenses.nix;
  maintainers = import ./maintainers.nix;
}
