# Built from the kernel's headers, with the patches the kernel has; uses no module.
{
  lib,
  stdenv,
  kernel,
}:

stdenv.mkDerivation {
  pname = "perf";
  inherit (kernel) version;
  kernelPatches = map (patch: patch.name) kernel.kernelPatches;
  buildCommand = ''
    mkdir -p $out/bin $out/share
    echo "$kernelPatches" >$out/share/patches
    sed -n 's/^#define UTS_RELEASE //p' \
      ${kernel.dev}/lib/modules/${kernel.modDirVersion}/build/include/generated/utsrelease.h >$out/bin/perf
  '';
  meta = {
    description = "Performance counters of the running kernel";
    platforms = lib.platforms.linux;
    maintainers = [ lib.maintainers.alder ];
  };
}
