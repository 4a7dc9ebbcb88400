# Only the image and its symbols, both of which stay in the default output.
{ linux, runCommand }:

runCommand "netboot-kernel" { meta.description = "Files for a network boot server"; } ''
  mkdir $out
  cp ${linux}/bzImage ${linux}/System.map $out/
  echo 'kernel bzImage' > $out/netboot.ipxe
''
