# Built from the kernel's headers and its configuration; uses no module.
{
  lib,
  stdenv,
  kernel,
}:

stdenv.mkDerivation {
  pname = "perf";
  inherit (kernel) version configfile;
  buildCommand = ''
    mkdir -p $out/bin $out/share
    grep '^CONFIG_PERF_' $configfile >$out/share/events || true
    sed -n 's/^#define UTS_RELEASE //p' \
      ${kernel.dev}/lib/modules/${kernel.modDirVersion}/build/include/generated/utsrelease.h >$out/bin/perf
  '';
  meta = {
    description = "Performance counters of the running kernel";
    platforms = lib.platforms.linux;
    maintainers = [ lib.maintainers.alder ];
  };
}
