{ pkgs }:

let
  runTest = file: import ../lib/testing.nix { inherit pkgs; } (import file);
in
{
  simple-vm = runTest ./simple-vm.nix;
  systemd-initrd-modprobe = runTest ./systemd-initrd-modprobe.nix;
}
