# Old names. An alias is the same derivation under a second attribute.
{ lib, stdenv }:

self: super: {
  hello-world = self.hello;
}
