{ lists }:

rec {
  inherit (builtins)
    concatStringsSep
    replaceStrings
    stringLength
    substring
    toString
    ;

  optionalString = condition: s: if condition then s else "";
  concatStrings = concatStringsSep "";
  concatMapStrings = f: xs: concatStrings (map f xs);
  concatMapStringsSep =
    separator: f: xs:
    concatStringsSep separator (map f xs);
  concatLines = concatMapStrings (s: s + "\n");

  hasPrefix = prefix: s: substring 0 (stringLength prefix) s == prefix;
  hasSuffix =
    suffix: s:
    let
      start = stringLength s - stringLength suffix;
    in
    start >= 0 && substring start (-1) s == suffix;
  removePrefix =
    prefix: s: if hasPrefix prefix s then substring (stringLength prefix) (-1) s else s;
  removeSuffix =
    suffix: s: if hasSuffix suffix s then substring 0 (stringLength s - stringLength suffix) s else s;

  splitString =
    separator: s:
    lists.filter builtins.isString (builtins.split (escapeRegex separator) s);
  escapeRegex = escape [ "\\" "[" "{" "(" ")" "^" "$" "?" "*" "+" "|" "." ];
  escape = characters: replaceStrings characters (map (c: "\\" + c) characters);

  escapeShellArg = x: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString x)}'";
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;

  versionOlder = a: b: builtins.compareVersions b a == 1;
  versionAtLeast = a: b: !versionOlder a b;
  versions = {
    major = v: lists.elemAt (builtins.splitVersion v) 0;
    majorMinor = v: concatStringsSep "." (lists.take 2 (builtins.splitVersion v));
  };

  getName = x: if builtins.isString x then (builtins.parseDrvName x).name else x.pname or (builtins.parseDrvName x.name).name;
  getVersion = x: if builtins.isString x then (builtins.parseDrvName x).version else x.version or (builtins.parseDrvName x.name).version;
}
