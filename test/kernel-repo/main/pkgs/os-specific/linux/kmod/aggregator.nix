# One tree out of several packages with kernel modules: the in-tree modules and whatever is built out of tree.
#
# The index files of depmod are made anew when the tree was merged out of two or more packages. When a single package
# has `lib/modules`, buildEnv links to it as a whole: the directory is that package's own and cannot be written to,
# so its index stays as it is. When no package has it, the tree has none either, and that is no failure.
{ buildEnv }:

modules:

buildEnv {
  name = "kernel-modules";
  paths = modules;
  postBuild = ''
    if ! test -d "$out/lib/modules"; then
      echo "No modules found."
      exit 0
    fi

    versions=$(cd "$out/lib/modules" && ls -d *)
    if test "$(echo "$versions" | wc -l)" -ne 1; then
      echo "modules for more than one kernel:" $versions >&2
      exit 1
    fi

    if test -w "$out/lib/modules/$versions"; then
      find "$out/lib/modules/$versions" -maxdepth 1 -name 'modules.*' ! -name 'modules.builtin*' ! -name 'modules.order' -delete
      /usr/sbin/depmod --config /dev/null --basedir "$out" -a "$versions"
    fi
  '';
}
