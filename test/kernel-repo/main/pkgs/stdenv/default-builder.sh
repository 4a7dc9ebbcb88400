# Under structured attributes nothing is in the environment; the attributes come in a file that Nix writes:
# https://nix.dev/manual/nix/latest/language/advanced-attributes#adv-attr-structuredAttrs
# Nix before 2.9 gives its path as seen from outside the sandbox; from inside it is always in the build's directory.
if ! [ -e "${NIX_ATTRS_SH_FILE:-/nonexistent}" ]; then
  NIX_ATTRS_SH_FILE=$NIX_BUILD_TOP/.attrs.sh
fi
if [ -e "$NIX_ATTRS_SH_FILE" ]; then
  source "$NIX_ATTRS_SH_FILE"
else
  unset NIX_ATTRS_SH_FILE
fi
source "$stdenv/setup"
genericBuild
