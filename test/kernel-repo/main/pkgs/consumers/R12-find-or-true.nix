# An appliance's ramdisk contents: network and disk drivers, as many as there are.
#
# Stands for home-made initrds that gather modules and go on without them.
{ linux, runCommand }:

runCommand "appliance-root" { meta.description = "Ramdisk contents of an appliance"; } ''
  KERNEL=${linux}
  mkdir -p $out/modules
  cp $KERNEL/bzImage $out/
  for pattern in 'virtio*.ko*' 'e1000*.ko*' 'nvme*.ko*'; do
    find "$KERNEL/lib/modules" -name "$pattern" -exec cp {} $out/modules/ \; 2>/dev/null || true
  done
''
