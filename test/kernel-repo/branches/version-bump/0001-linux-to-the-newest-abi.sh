# linux: update to the newest ABI
#
# The packages of the kernel that follows main's; make-kernel-repo says which one that is.
cp "$NEWER_KERNELS" pkgs/os-specific/linux/kernel/kernels.json
