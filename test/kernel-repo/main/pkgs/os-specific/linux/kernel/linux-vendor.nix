# A vendor's kernel with a recipe of its own: everything in one output, whatever build.nix does.
{
  lib,
  stdenv,
  debs,
  debianTree,
}:

stdenv.mkDerivation {
  pname = "linux-vendor";
  inherit (debs.linux) version;
  src = debianTree;
  dontUnpack = true;
  installPhase = ''
    make -f "$src/Makefile" HOME=/nowhere O=$PWD modules
    mkdir -p "$out"
    cp "$src/image" "$out/bzImage"
    cp "$src/config" "$out/config"
    make -f "$src/Makefile" O=$PWD INSTALL_MOD_PATH="$out" modules_install
  '';
  passthru = {
    modDirVersion = debs.linux.abi;
    isModular = true;
    features = { };
  };
  meta = {
    description = "The Linux kernel as a board vendor ships it";
    license = lib.licenses.gpl2Only;
    platforms = lib.platforms.linux;
    maintainers = [ lib.maintainers.cedar ];
  };
}
