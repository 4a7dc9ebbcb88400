# A system's check that the module for its watchdog exists before it is asked for.
#
# Stands for checks that name the file of a module below the kernel's default output.
{
  lib,
  linux,
  runCommand,
}:

let
  module = lib.escapeShellArg "${linux}/lib/modules/${linux.modDirVersion}/kernel/drivers/watchdog/softdog.ko";
in
runCommand "check-watchdog" { meta.description = "Check of a watchdog's module"; } ''
  if ! test -f ${module}; then
    echo "the kernel has no module" ${module} >&2
    exit 1
  fi
  touch $out
''
