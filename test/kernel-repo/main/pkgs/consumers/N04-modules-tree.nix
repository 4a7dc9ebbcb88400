# Takes the modules from a system's tree, which knows where they are.
{ modulesTree, runCommand }:

runCommand "container-root" { meta.description = "Root of a container with the host's modules"; } ''
  mkdir -p $out/lib $out/etc
  ln -s ${modulesTree}/lib/modules $out/lib/modules
  test -n "$(find -L $out/lib/modules -name 'loop.ko*')"
  echo container > $out/etc/hostname
''
