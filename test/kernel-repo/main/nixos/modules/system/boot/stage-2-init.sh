# /init of the root file system. The words between at signs are filled in by stage-2.nix.
export PATH=/bin

for module in @kernelModules@; do
    modprobe "$module" || echo "stage 2: cannot load $module"
done

@postBootCommands@

echo "stage 2: up and running $(uname -r)"
poweroff -f
