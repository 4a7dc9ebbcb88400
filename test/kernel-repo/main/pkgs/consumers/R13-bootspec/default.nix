# A program of its own that knows where in a generation the kernel's image lies. No kernel is among its inputs, so
# its derivation is the same before and after; it fails when a boot loader is installed.
#
# Stands for bootspec's synthesize and for lanzaboote, which calls it:
# https://github.com/DeterminateSystems/bootspec/pull/204
{ stdenv }:

stdenv.mkDerivation {
  pname = "bootspec";
  version = "1.0.0";
  src = ./synthesize.py;
  dontUnpack = true;
  installPhase = ''
    install -D -m 755 $src $out/bin/synthesize
  '';
  meta.description = "Writes the boot specification of a generation";
}
