# Packages with a recipe of their own that are neither kernels nor made of one.
{ lib, stdenv }:

self: super: {
  stdenv-check = self.runCommand "stdenv-check" { meta.description = "The compiler works"; } ''
    echo 'int main(void) { return 0; }' >main.c
    cc -o main main.c
    ./main
    touch $out
  '';
}
