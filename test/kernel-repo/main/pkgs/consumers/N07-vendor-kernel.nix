# A vendor's kernel with a recipe of its own and a single output: its modules stay where they are.
{ linux_vendor, runCommand }:

runCommand "vendor-modules" { meta.description = "Modules of a vendor's kernel"; } ''
  mkdir $out
  cp ${linux_vendor}/lib/modules/*/kernel/drivers/block/*.ko* $out/
''
