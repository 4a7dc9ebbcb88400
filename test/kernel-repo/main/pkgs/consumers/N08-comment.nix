# Speaks of the old place and does not use it. ${linux}/lib/modules is where modules were before.
{
  linux,
  runCommand,
  writeText,
}:

let
  # What a manual shows instead of the value.
  documentation = writeText "options.txt" ''
    boot.modulesDirectory
      default: "''${config.boot.kernelPackages.kernel}/lib/modules"
  '';
in
runCommand "kernel-image"
  {
    kernel = linux;
    inherit documentation;
    meta.description = "A kernel's image with the manual of its options";
  }
  ''
    mkdir -p $out/share/doc
    # Modules are not needed here, else: cp -r $kernel/lib/modules $out/
    cp $kernel/bzImage $out/
    cp $documentation $out/share/doc/options.txt
  ''
