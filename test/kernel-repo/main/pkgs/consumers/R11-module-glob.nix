# Modules for a debugging session, loaded by hand in the guest.
#
# Stands for scripts that copy modules by a pattern, which stays as it is when nothing matches.
{ linux, runCommand }:

runCommand "debug-modules" { meta.description = "Modules for a debugging session"; } ''
  mkdir $out
  cp ${linux}/lib/modules/*/kernel/fs/fuse/* $out/
''
