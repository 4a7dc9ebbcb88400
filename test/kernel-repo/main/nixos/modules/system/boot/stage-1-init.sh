# /init of the initial ramdisk: loads the system's first modules, reads the root file system, hands over to it.
# The words between at signs are filled in by stage-1.nix.
export PATH=/bin

fail() {
    echo "stage 1: $1"
    poweroff -f
}

mkdir -p /proc /sys /dev /sysroot
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

for module in @kernelModules@; do
    modprobe "$module" || echo "stage 1: cannot load $module"
done

# The device may come a moment after its driver.
for attempt in $(seq 50); do
    test -b /dev/vda && break
    sleep 0.1
done
test -b /dev/vda || fail "no disk"
@postDeviceCommands@

mount -t tmpfs root /sysroot
(cd /sysroot && cpio -idm < /dev/vda) || fail "cannot read the root file system"
@postMountCommands@

for directory in proc sys dev; do
    mkdir -p "/sysroot/$directory"
    mount --move "/$directory" "/sysroot/$directory"
done
exec switch_root /sysroot /init
