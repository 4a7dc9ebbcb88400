# Files to boot a virtual machine that builds disk images. `kernel` has to hold both the image and `lib/modules`:
# a kernel, or what aggregateModules makes of a kernel and further packages.
# https://github.com/NixOS/nixpkgs/blob/master/pkgs/build-support/vm/default.nix
{
  makeInitrd,
  makeModulesClosure,
  runCommand,
  writeScript,
  linux,
  kernel ? linux,
  rootModules ? [
    "virtio_pci"
    "virtio_blk"
    "overlay"
  ],
}:

rec {
  modulesClosure = makeModulesClosure { inherit kernel rootModules; };

  # Mounts the host's store and goes on with the program named on the kernel's command line: stage2Init.
  stage1Init = writeScript "vm-run-stage1" ''
    #!/bin/sh
    export PATH=/bin
    mkdir -p /proc /sys /dev /fs
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
    for module in $(cat ${modulesClosure}/insmod-list); do
      insmod "$(find ${modulesClosure}/lib/modules -name "$module")"
    done
    mount -o ro /dev/vda /fs
    exec switch_root /fs "$command"
  '';

  stage2Init = writeScript "vm-run-stage2" ''
    #!/bin/sh
    # Whatever asks for a module from now on gets it out of the kernel's own tree.
    export MODULE_DIR=${kernel}/lib/modules/
    printf '#!/bin/sh\nexport MODULE_DIR=%s\nexec /bin/modprobe "$@"\n' "$MODULE_DIR" > /run/modprobe
    chmod +x /run/modprobe
    echo /run/modprobe > /proc/sys/kernel/modprobe
    exec sh
  '';

  initrd = makeInitrd {
    name = "vm-initrd";
    contents = [
      {
        object = stage1Init;
        symlink = "/init";
      }
    ];
  };

  bootFiles = runCommand "vm-boot-files" { } ''
    mkdir $out
    cp ${kernel}/bzImage ${initrd}/initrd $out/
    cp ${stage2Init} $out/stage-2
  '';
}
