# An out-of-tree module: one C file compiled against `kernel.dev`, installed where depmod looks.
{
  lib,
  stdenv,
  kernel,
  kernelModuleMakeFlags,
}:

{
  pname,
  version,
  src,
  module,
  meta,
}:

stdenv.mkDerivation {
  name = "${pname}-${version}-${kernel.modDirVersion}";
  inherit src;
  nativeBuildInputs = kernel.moduleBuildDependencies;
  buildPhase = ''
    make ${lib.escapeShellArgs kernelModuleMakeFlags} M="$PWD" modules
  '';
  installPhase = ''
    install -D -m 444 ${module}.ko "$out/lib/modules/${kernel.modDirVersion}/extra/${module}.ko"
  '';
  passthru = { inherit module; };
  meta = {
    platforms = lib.platforms.linux;
    license = lib.licenses.gpl2Only;
  }
  // meta;
}
