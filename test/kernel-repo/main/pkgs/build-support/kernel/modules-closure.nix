# The modules named in `rootModules` with everything they need, out of a tree that has `lib/modules`.
#
# `kernel` is whatever has that directory: a kernel, an aggregate, a system's modulesTree. The builder reads it as
# the environment variable `$kernel`, so the derivation's environment holds the bare store path and only the
# builder script knows the rest of the name.
#
# `allowMissing`: a root module that does not exist is a message, not a failure. A tree without any modules then
# gives an empty output and success, as nixpkgs' function does.
{ stdenv }:

{
  kernel,
  rootModules,
  allowMissing ? false,
}:

stdenv.mkDerivation {
  name = "${kernel.name}-shrunk";
  args = [
    "-e"
    ./modules-closure.sh
  ];
  inherit kernel rootModules allowMissing;
}
