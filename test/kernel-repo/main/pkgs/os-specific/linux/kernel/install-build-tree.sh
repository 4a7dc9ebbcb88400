# Fills $source and $build with what compiling an out-of-tree module reads. Runs at the end of a build in
# which $buildRoot was the object directory; the current directory is the kernel source.

if [ -e "$buildRoot/vmlinux" ]; then
  cp "$buildRoot/vmlinux" "$dev/"
fi

# Of the source: makefiles, scripts, headers. Of the objects: what `make prepare` generated.
cp -r Makefile Kbuild scripts include "$source/"
cp -r --parents arch/x86/{Makefile*,Kbuild,include} "$source/"
cp -r "$buildRoot"/{.config,Module.symvers,scripts,include} "$build/"
(cd "$buildRoot" && cp -r --parents arch/x86/include tools/objtool/objtool "$build/")
find "$build" '(' -name '.*.cmd' -o -name '*.o' ')' ! -path '*/scripts/module.lds' -delete
echo "include $source/Makefile" >"$build/Makefile"
