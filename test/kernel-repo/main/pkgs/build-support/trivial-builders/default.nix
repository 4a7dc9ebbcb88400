# Small builders, as in nixpkgs: a command, a text, a script, a union of trees.
{ lib, stdenv }:

rec {
  # `description` in `env.meta` gives the package its position; without it the position is this file.
  runCommand =
    name: env: buildCommand:
    stdenv.mkDerivation ({ inherit name buildCommand; } // env);
  runCommandLocal = runCommand;
  runCommandCC = runCommand;

  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      meta ? { },
      passthru ? { },
    }:
    runCommand name
      {
        inherit
          text
          executable
          destination
          meta
          passthru
          ;
        passAsFile = [ "text" ];
      }
      ''
        target=$out$destination
        mkdir -p "$(dirname "$target")"
        cp "$textPath" "$target"
        if [ -n "$executable" ]; then
          chmod +x "$target"
        fi
      '';

  writeText = name: text: writeTextFile { inherit name text; };
  writeTextDir =
    path: text:
    writeTextFile {
      name = builtins.baseNameOf path;
      inherit text;
      destination = "/${path}";
    };
  writeScript =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
    };
  writeScriptBin =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
      destination = "/bin/${name}";
    };
  writeShellScript = name: text: writeScript name ("#!/bin/bash\n" + text);
  writeShellScriptBin = name: text: writeScriptBin name ("#!/bin/bash\n" + text);

  # Real directories all the way down, links for files.
  symlinkJoin =
    args@{
      name,
      paths,
      postBuild ? "",
      ...
    }:
    runCommand name
      (removeAttrs args [
        "name"
        "paths"
        "postBuild"
      ] // { inherit paths; })
      ''
        mkdir -p "$out"
        for path in $paths; do
          cp -rs --no-preserve=mode "$path/." "$out/"
        done
        ${postBuild}
      '';

  # Directories that one path alone provides become one link; only shared ones become real directories.
  buildEnv =
    args@{
      name,
      paths,
      pathsToLink ? [ "/" ],
      ignoreCollisions ? false,
      postBuild ? "",
      ...
    }:
    runCommand name
      (
        removeAttrs args [
          "name"
          "paths"
          "postBuild"
        ]
        // {
          inherit paths pathsToLink ignoreCollisions;
        }
      )
      ''
        source ${./build-env.sh}
        ${postBuild}
      '';

  linkFarm =
    name: entries:
    runCommand name { } (
      ''
        mkdir -p "$out"
      ''
      + lib.concatMapStrings (entry: ''
        mkdir -p "$out/$(dirname ${lib.escapeShellArg entry.name})"
        ln -s ${lib.escapeShellArg "${entry.path}"} "$out"/${lib.escapeShellArg entry.name}
      '') entries
    );

  # A file that cannot be fetched by Nix itself: whoever builds adds it to the store first.
  requireFile =
    {
      name,
      sha256,
      message,
    }:
    stdenv.mkDerivation {
      inherit name;
      outputHash = sha256;
      outputHashMode = "flat";
      outputHashAlgo = "sha256";
      preferLocalBuild = true;
      buildCommand = ''
        cat <<'MESSAGE' >&2
        ${message}
        MESSAGE
        exit 1
      '';
    };
}
