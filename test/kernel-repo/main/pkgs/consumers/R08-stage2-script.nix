# What the kernel of a build machine runs when it wants a module.
#
# Stands for the second stage of vmTools: it builds, and on aarch64 no module could be loaded any more.
# https://github.com/NixOS/nixpkgs/pull/434983
{ linux, writeTextFile }:

writeTextFile {
  name = "vm-run-stage2";
  executable = true;
  text = ''
    #!/bin/sh
    export PATH=/bin
    export MODULE_DIR=${linux}/lib/modules/
    printf '#!/bin/sh\nMODULE_DIR=%s exec modprobe "$@"\n' "$MODULE_DIR" > /run/modprobe
    chmod +x /run/modprobe
    echo /run/modprobe > /proc/sys/kernel/modprobe
    modprobe virtio_balloon
    exec "$@"
  '';
  meta.description = "Second stage of a build machine";
}
