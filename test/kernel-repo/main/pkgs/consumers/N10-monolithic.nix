# A kernel that can load no modules. It has no output for them, and lib.getOutput gives its default output.
{
  lib,
  linux_monolithic,
  runCommand,
}:

runCommand "appliance-boot" { meta.description = "Boot files of an appliance without modules"; } ''
  mkdir $out
  cp ${linux_monolithic}/bzImage $out/
  if test -d ${lib.getOutput "modules" linux_monolithic}/lib/modules; then
    cp -r ${lib.getOutput "modules" linux_monolithic}/lib $out/
  fi
''
