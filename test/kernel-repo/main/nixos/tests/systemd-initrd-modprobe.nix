# A module is loaded with its option in the initial ramdisk, and again after the root file system has taken over.
# https://github.com/NixOS/nixpkgs/blob/master/nixos/tests/systemd-initrd-modprobe.nix
let
  # tcp_hybla is never builtin in a distribution's kernel, and its parameter can be read back.
  reportParameter = stage: ''
    echo "${stage}: rtt0 is $(cat /sys/module/tcp_hybla/parameters/rtt0)" > /dev/ttyS1
  '';
in
{
  name = "systemd-initrd-modprobe";

  machine.boot = {
    extraModprobeConfig = ''
      options tcp_hybla rtt0=42
    '';
    initrd = {
      kernelModules = [
        "virtio_pci"
        "virtio_blk"
        "tcp_hybla"
      ];
      postMountCommands = reportParameter "initrd";
    };
    kernelModules = [ "tcp_hybla" ];
    postBootCommands = ''
      ${reportParameter "kept by the system"}
      modprobe -r tcp_hybla
      test -e /sys/module/tcp_hybla || echo "unloaded" > /dev/ttyS1
      modprobe tcp_hybla
      ${reportParameter "loaded by the system"}
    '';
  };

  report = [
    "initrd: rtt0 is 42"
    "kept by the system: rtt0 is 42"
    "unloaded"
    "loaded by the system: rtt0 is 42"
  ];
}
