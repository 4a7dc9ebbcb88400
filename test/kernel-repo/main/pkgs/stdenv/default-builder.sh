# Under structured attributes nothing is in the environment; the attributes come in a file that Nix writes:
# https://nix.dev/manual/nix/latest/language/advanced-attributes#adv-attr-structuredAttrs
if [ -e "${NIX_ATTRS_SH_FILE:-/nonexistent}" ]; then
  source "$NIX_ATTRS_SH_FILE"
fi
source "$stdenv/setup"
genericBuild
