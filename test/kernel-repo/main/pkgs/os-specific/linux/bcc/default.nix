# Compiles against the headers of the running system's kernel, at run time and by a path that stays.
{
  lib,
  stdenv,
  kernel,
}:

lib.throwIf (!(kernel.features.ebpf or false)) "bcc needs a kernel with eBPF" stdenv.mkDerivation {
  pname = "bcc";
  version = "0.31.0";
  buildCommand = ''
    mkdir -p $out/share
    grep -c '^CONFIG_BPF' ${kernel.dev}/lib/modules/${kernel.modDirVersion}/build/.config >$out/share/features
    echo /run/booted-system/kernel-modules/lib/modules >$out/share/default-search-path
  '';
  meta = {
    description = "Tracing tools that compile for the kernel they trace";
    platforms = lib.platforms.linux;
    maintainers = [ lib.maintainers.alder ];
  };
}
