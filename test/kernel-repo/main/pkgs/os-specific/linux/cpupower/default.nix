# A tool that goes with one kernel version and uses nothing of the kernel but that version.
{
  lib,
  stdenv,
  kernel,
}:

stdenv.mkDerivation {
  pname = "cpupower";
  inherit (kernel) version;
  buildCommand = ''
    mkdir -p $out/bin
    echo "$version" >$out/bin/cpupower
  '';
  meta = {
    description = "Tool to examine and tune power saving";
    platforms = lib.platforms.linux;
    maintainers = [ lib.maintainers.alder ];
  };
}
