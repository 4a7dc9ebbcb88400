# The kernel recipe: configure, make, make install, make modules_install, and what out-of-tree modules
# need to build. Shared by kernels compiled from source and by the one repackaged from binaries, whose
# source tree answers the same make targets (prebuilt.mk).
#
# Outputs: `out` has the image, System.map, config and lib/modules/<modDirVersion>;
# `dev` has lib/modules/<modDirVersion>/{build,source}, against which other modules are compiled.
{
  lib,
  stdenv,
  writeScriptBin,
}:

{
  pname ? "linux",
  version,
  # Name of the directory below lib/modules, as `uname -r` prints it.
  modDirVersion ? version,
  src,
  # A file in .config's form. Complete, unless `defconfig` names the make target that completes it.
  configfile,
  defconfig ? "olddefconfig",
  isModular ? true,
  features ? { },
  kernelPatches ? [ ],
  postPatch ? "",
  # Shell commands that fill $dev/lib/modules/<modDirVersion>/{build,source}.
  installBuildTree ? builtins.readFile ./install-build-tree.sh,
  meta ? { },
}:

let
  inherit (stdenv.hostPlatform) linux-kernel linuxArch;

  # `make install` hands its results to a program of this name below $HOME/bin:
  # https://docs.kernel.org/kbuild/kbuild.html#installkernel
  installkernel = writeScriptBin "installkernel" ''
    #!/bin/bash -e
    # installkernel VERSION IMAGE MAP DIRECTORY
    mkdir -p "$4"
    cp -v "$2" "$4/${linux-kernel.target}"
    cp -v "$3" "$4/System.map"
  '';

  commonMakeFlags = [
    "ARCH=${linuxArch}"
    "KBUILD_BUILD_VERSION=1"
    "KBUILD_BUILD_USER=nix"
    "KBUILD_BUILD_HOST=nix"
  ];
in

stdenv.mkDerivation {
  outputs = [ "out" ] ++ lib.optional isModular "dev";

  inherit
    pname
    version
    src
    configfile
    postPatch
    ;

  patches = map (patch: patch.patch) kernelPatches;

  makeFlags = [
    "O=$(buildRoot)"
  ]
  ++ commonMakeFlags;
  buildFlags = [ linux-kernel.target ] ++ lib.optional isModular "modules";
  installFlags = [
    "INSTALL_PATH=$(out)"
  ]
  ++ lib.optional isModular "INSTALL_MOD_PATH=$(out)";

  configurePhase = ''
    runHook preConfigure
    export HOME=${installkernel}
    export buildRoot=$PWD/build
    export KBUILD_BUILD_TIMESTAMP="Thu Jan  1 00:00:01 UTC 1970"
    mkdir "$buildRoot"
    cp --no-preserve=mode "$configfile" "$buildRoot/.config"
    make $makeFlags KCONFIG_ALLCONFIG="$configfile" ${defconfig}

    # An option whose dependencies are not met is dropped by kconfig without a word.
    if grep '^CONFIG_' "$configfile" | grep -vxFf "$buildRoot/.config" >dropped; then
      die "options that did not make it into the configuration:" $(cat dropped)
    fi

    make $makeFlags prepare
    actual=$(make $makeFlags --no-print-directory -s kernelrelease)
    if [ "$actual" != ${modDirVersion} ]; then
      die "modDirVersion ${modDirVersion} is wrong: this kernel calls itself $actual"
    fi
    runHook postConfigure
  '';

  postInstall = ''
    cp "$buildRoot/.config" "$out/config"
  ''
  + lib.optionalString isModular ''
    make $makeFlags $installFlags modules_install
    rm -f "$out/lib/modules/${modDirVersion}"/{build,source}

    source=$dev/lib/modules/${modDirVersion}/source
    build=$dev/lib/modules/${modDirVersion}/build
    mkdir -p "$source" "$build"
    ${installBuildTree}
  '';

  passthru = rec {
    inherit
      commonMakeFlags
      configfile
      features
      installkernel
      isModular
      kernelPatches
      modDirVersion
      ;
    target = linux-kernel.target;
    moduleBuildDependencies = [ ];
    moduleMakeFlags = commonMakeFlags;
    baseVersion = lib.head (lib.splitString "-" version);
    kernelOlder = lib.versionOlder baseVersion;
    kernelAtLeast = lib.versionAtLeast baseVersion;
  };

  meta = {
    description = "The Linux kernel";
    license = lib.licenses.gpl2Only;
    platforms = lib.platforms.linux;
    maintainers = [ lib.maintainers.birch ];
  }
  // meta;
}
