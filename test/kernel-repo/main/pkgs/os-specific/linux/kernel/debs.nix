# Debian's kernel packages, by role. bin/make-kernel-repo downloads them, adds them to the Nix store and
# writes kernels.json, which says which ones these are.
{ lib, requireFile }:

let
  kernels = lib.importJSON ./kernels.json;
  fetch =
    deb:
    requireFile {
      inherit (deb) name sha256;
      message = ''
        ${deb.name} is not in the Nix store. Add it with
          nix-store --add-fixed sha256 ${deb.name}
        or let bin/make-kernel-repo do so for all packages this repository needs.
      '';
    };
in
kernels
// {
  linux = kernels.linux // {
    debs = lib.mapAttrs (role: fetch) kernels.linux.debs;
  };
  source = kernels.source // {
    deb = fetch kernels.source.deb;
  };
}
