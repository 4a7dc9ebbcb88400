# Asks for the output by name; lib.getOutput gives `out` where a kernel has no such output.
{
  lib,
  linux,
  runCommand,
}:

runCommand "filesystem-modules" { meta.description = "Modules for file systems"; } ''
  mkdir $out
  cp ${lib.getOutput "modules" linux}/lib/modules/${linux.modDirVersion}/kernel/fs/*/*.ko $out/
''
