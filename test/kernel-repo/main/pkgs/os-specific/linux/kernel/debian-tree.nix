# Debian's binary kernel, unpacked and laid out as a source tree that build.nix can take (prebuilt.mk).
# `headers` and `kbuild` in it are what Debian gives to build out-of-tree modules.
{
  stdenv,
  runCommand,
  debs,
}:

runCommand "linux-debian-tree-${debs.linux.abi}"
  {
    inherit (debs.linux) abi;
    inherit (debs.linux.debs)
      image
      headers
      headersCommon
      kbuild
      ;
  }
  ''
    for deb in $image $headers $headersCommon $kbuild; do
      dpkg-deb --extract $deb unpacked
    done
    mkdir $out
    cp ${./prebuilt.mk} $out/Makefile
    echo $abi >$out/release
    mv unpacked/boot/vmlinuz-$abi $out/image
    mv unpacked/boot/System.map-$abi $out/System.map
    mv unpacked/boot/config-$abi $out/config
    mv unpacked/lib/modules/$abi $out/modules
    rm $out/modules/{build,source}
    mv unpacked/usr/src/linux-headers-$abi $out/headers
    mv unpacked/usr/src/linux-headers-*-common $out/headers-common
    mv unpacked/usr/lib/linux-kbuild-* $out/kbuild
  ''
