# Fills $source and $build from Debian's headers. They name each other by paths below /usr; here they become
# two directories that need nothing but each other.

cp -r headers-common/. "$source/"
find "$source/arch" -mindepth 1 -maxdepth 1 ! -name x86 -exec rm -r {} +
cp -r headers/. "$build/"
for tree in "$source" "$build"; do
  rm -f "$tree"/{scripts,tools}
done
cp -r kbuild/scripts kbuild/tools "$source/"
ln -s "$source/scripts" "$build/scripts"
ln -s "$source/tools" "$build/tools"
echo "include $source/Makefile" >"$build/Makefile"
# The configuration this build ended up with, also where it is not the one Debian built with.
cp "$buildRoot/.config" "$build/"
