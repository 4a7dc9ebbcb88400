{ lib, stdenv }:

self: super: { hello = self.writeText "hello" "hello"; }
