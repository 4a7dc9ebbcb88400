# Built from the kernel's headers: uses `dev` and nothing else of the kernel.
{
  lib,
  stdenv,
  kernel,
}:

stdenv.mkDerivation {
  pname = "perf";
  inherit (kernel) version;
  buildCommand = ''
    mkdir -p $out/bin
    sed -n 's/^#define UTS_RELEASE //p' \
      ${kernel.dev}/lib/modules/${kernel.modDirVersion}/build/include/generated/utsrelease.h >$out/bin/perf
  '';
  meta = {
    description = "Performance counters of the running kernel";
    platforms = lib.platforms.linux;
    maintainers = [ lib.maintainers.alder ];
  };
}
