# Packages that are only there to be counted: a few hundred cheap derivations in the shape of a real set, with
# dependencies among them, nested sets, and some that exist on one operating system alone.
{ lib, stdenv }:

self: super:

let
  # One package a line: its name, then the packages it uses.
  lines = lib.filter (line: line != "") (lib.splitString "\n" (builtins.readFile ./plain-packages.txt));
  parse =
    line:
    let
      words = lib.splitString " " line;
    in
    {
      name = lib.head words;
      uses = lib.tail words;
    };
  # A version that stays with its name: digits of its hash.
  versionOf =
    name:
    let
      digits = lib.filter (s: builtins.isString s && s != "") (
        builtins.split "[^1-9]+" (builtins.hashString "sha256" name)
      );
      digit = n: lib.substring 0 1 (lib.elemAt digits n);
    in
    "${digit 0}.${digit 1}.${digit 2}";

  plain =
    scope: prefix:
    { name, uses }:
    lib.nameValuePair name (
      stdenv.mkDerivation {
        pname = "${prefix}${name}";
        version = versionOf name;
        inputs = map (use: scope.${use}) uses;
        buildCommand = ''
          mkdir -p $out/share
          echo "$name" $inputs >$out/share/${name}
        '';
        meta = {
          description = "The package ${name}";
          license = lib.licenses.mit;
        };
      }
    );
  setOf = scope: prefix: entries: lib.listToAttrs (map (plain scope prefix) entries);
  libraries = map (name: {
    inherit name;
    uses = [ ];
  });

  pythonNames = lib.splitString " " (
    "attrs babel bottle certifi cffi chardet click colorama coverage cryptography cython decorator "
    + "django docutils flask fonttools idna jinja2 jsonschema lxml mako markdown markupsafe mock "
    + "networkx numpy packaging pandas pexpect pillow pluggy psutil pycparser pygments pyparsing "
    + "pytest pytz pyyaml requests rich scipy setuptools six sphinx sqlalchemy tornado tqdm urllib3"
  );
in
setOf self "" (map parse lines)
// {
  python3Packages = lib.recurseIntoAttrs (
    setOf self.python3Packages "python3.11-" (libraries pythonNames)
  );
}
// lib.optionalAttrs stdenv.hostPlatform.isLinux {
  # They use the kernel's image, or its headers; none of them looks for modules.
  perf = self.linuxPackages.callPackage ../os-specific/linux/perf { };
  bcc = self.linuxPackages.callPackage ../os-specific/linux/bcc { };
}
// lib.optionalAttrs stdenv.hostPlatform.isDarwin {
  darwin = lib.recurseIntoAttrs (
    setOf self.darwin "darwin-" (libraries [
      "cctools"
      "libiconv"
      "xnu"
    ])
  );
}
