# The package set, called as nixpkgs is: import ./. { system = "x86_64-linux"; config = { }; }
{
  system ? builtins.currentSystem,
  config ? { },
  overlays ? [ ],
}:

import ./pkgs/top-level { inherit system config overlays; }
