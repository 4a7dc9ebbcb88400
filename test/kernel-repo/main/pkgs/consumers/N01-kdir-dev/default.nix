# A module built out of tree against the kernel's `dev` output, which keeps its lib/modules.
{ stdenv, linux }:

stdenv.mkDerivation {
  pname = "heartbeat";
  version = "1.0-${linux.version}";
  src = ./src;
  makeFlags = [
    "KDIR=${linux.dev}/lib/modules/${linux.modDirVersion}/build"
  ];
  installPhase = ''
    install -D -m 644 heartbeat.ko $out/lib/modules/${linux.modDirVersion}/updates/heartbeat.ko
  '';
  meta.description = "A kernel module that counts seconds";
}
