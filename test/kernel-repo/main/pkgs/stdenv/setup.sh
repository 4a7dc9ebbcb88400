# What every build starts with: a PATH, the outputs as variables, and the phases of nixpkgs' stdenv.
# Differs from it where this set does: tools and libraries are the host's, let in by Nix's sandbox-paths.

set -e -o pipefail
shopt -s inherit_errexit

export PATH=$stdenv/bin:/usr/bin:/usr/sbin:/bin
export SOURCE_DATE_EPOCH=1
export LC_ALL=C.UTF-8
export SHELL=/bin/bash
# Nix says 0 for "as many as there are".
if [ "${NIX_BUILD_CORES:-0}" = 0 ]; then
  NIX_BUILD_CORES=$(nproc)
fi
export NIX_BUILD_CORES

die() {
  echo "$*" >&2
  exit 1
}

# With structured attributes lists are arrays; without, words in one string.
structured() {
  [ -n "${NIX_ATTRS_SH_FILE:-}" ]
}

# Sets the array $1 to the elements of the attribute $1, whichever form it has.
toArray() {
  local -n attribute=$1
  local -n elements=$2
  if structured && [[ "$(declare -p "$1" 2>/dev/null)" == "declare -a"* ]]; then
    elements=("${attribute[@]}")
  else
    # shellcheck disable=SC2206
    elements=(${attribute:-})
  fi
}

# $out, $dev … as variables. Structured attributes put them into an associative array and export nothing;
# what a program is to see in its environment stands in the attribute `env`.
outputNames=()
if structured; then
  for name in "${!outputs[@]}"; do
    outputNames+=("$name")
    export "$name=${outputs[$name]}"
  done
  if declare -p env >/dev/null 2>&1; then
    for name in "${!env[@]}"; do
      export "$name=${env[$name]}"
    done
  fi
  unset name
else
  read -ra outputNames <<<"${outputs:-out}"
fi

toArray nativeBuildInputs inputs
for input in "${inputs[@]}"; do
  if [ -d "$input/bin" ]; then
    PATH=$input/bin:$PATH
  fi
done
unset input inputs

runHook() {
  if declare -F "$1" >/dev/null; then
    "$1"
  elif [ -n "${!1:-}" ]; then
    eval "${!1}"
  fi
}

# An attribute named like the phase replaces the function of that name.
runPhase() {
  echo "@ $1" >&2
  if [ -n "${!1:-}" ]; then
    eval "${!1}"
  else
    "$1"
  fi
}

unpackPhase() {
  runHook preUnpack
  if [ -z "${src:-}" ]; then
    die "unpackPhase: no src; set dontUnpack"
  fi
  if [ -d "$src" ]; then
    cp -rT --no-preserve=mode,ownership "$src" source
    # Files that were executable stay so, although their mode in the store is read-only.
    (cd "$src" && find . -type f -perm -u+x -print0) | (cd source && xargs -0 -r chmod +x)
    sourceRoot=source
  else
    mkdir source
    tar -xf "$src" -C source --strip-components=1
    sourceRoot=source
  fi
  cd "$sourceRoot"
  runHook postUnpack
}

patchPhase() {
  runHook prePatch
  local file files
  toArray patches files
  for file in "${files[@]}"; do
    patch -p1 <"$file"
  done
  runHook postPatch
}

configurePhase() {
  runHook preConfigure
  runHook postConfigure
}

buildPhase() {
  runHook preBuild
  if [ -e Makefile ]; then
    local flags more
    toArray makeFlags flags
    toArray buildFlags more
    make "-j$NIX_BUILD_CORES" "${flags[@]}" "${more[@]}"
  fi
  runHook postBuild
}

checkPhase() {
  runHook preCheck
  runHook postCheck
}

installPhase() {
  runHook preInstall
  local flags more targets
  toArray makeFlags flags
  toArray installFlags more
  toArray installTargets targets
  make "${flags[@]}" "${more[@]}" "${targets[@]:-install}"
  runHook postInstall
}

fixupPhase() {
  runHook preFixup
  runHook postFixup
}

genericBuild() {
  if [ -n "${buildCommandPath:-}" ]; then
    source "$buildCommandPath"
    return
  fi
  if [ -n "${buildCommand:-}" ]; then
    eval "$buildCommand"
    return
  fi
  if [ -z "${dontUnpack:-}" ]; then
    runPhase unpackPhase
  fi
  local phase
  for phase in patchPhase configurePhase buildPhase checkPhase installPhase fixupPhase; do
    runPhase "$phase"
  done
}
