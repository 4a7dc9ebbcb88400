# Programs for an initial ramdisk: busybox for nearly everything, kmod to load modules, both the host's.
#
# kmod rather than busybox's own modprobe, because modules may be compressed and have options in modprobe.d.
{ stdenv }:

stdenv.mkDerivation {
  name = "initrd-utils";
  buildCommand = ''
    mkdir -p $out/bin $out/lib
    cp /bin/busybox $out/bin/
    for applet in $($out/bin/busybox --list | grep -vx busybox); do
      ln -s busybox $out/bin/$applet
    done

    cp /bin/kmod $out/bin/
    for applet in depmod insmod lsmod modinfo modprobe rmmod; do
      ln -sf kmod $out/bin/$applet
    done
    # `name => /path (address)`, and the loader, which has no arrow.
    for library in $(ldd /bin/kmod | sed -n 's,^[^/]*\(/[^ ]*\) (0x.*,\1,p'); do
      cp -L $library $out/lib/
    done
  '';
  meta.description = "Programs for an initial ramdisk";
}
