# The root of a virtual machine that is all links: programs from here, modules from the kernel.
#
# Stands for Spectrum's roots and nixpkgs' own extractFs: a link may point nowhere and nobody says so.
{
  linux,
  initrdUtils,
  runCommand,
}:

runCommand "vm-sysroot" { meta.description = "Root of a virtual machine"; } ''
  mkdir -p $out/etc $out/run
  ln -s ${initrdUtils}/bin $out/bin
  ln -s ${linux}/lib $out/lib
  echo root:x:0:0::/:/bin/sh > $out/etc/passwd
''
