{ lib, stdenv }:

self: super: { }
