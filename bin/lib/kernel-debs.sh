# Debian's kernel packages for the test repository: which ones, downloaded once, and in the Nix store.
#
# What Debian offers changes with every point release, so versions are found, not written down: the base is the
# kernel before the newest, `version-bump` goes to the newest. The repository then names exactly what it got.
# Asking apt costs about a second each time, so each question is asked once, for all packages together.

# 6.1.0-55-cloud-amd64 → 6.1
seriesOf() {
  sed 's/^\([0-9]*\.[0-9]*\)\..*/\1/' <<<"$1"
}

# Prints the ABI names (6.1.0-55-cloud-amd64) of Debian's default cloud kernels, oldest first. Backports of a later
# series share the name's form and are left out: the series is that of the metapackage.
cloudKernelAbis() {
  local newest
  newest=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: linux-image-\([0-9].*\)$/\1/p' | tail -n 1)
  if [ -z "$newest" ]; then
    die 3 "apt knows no package linux-image-cloud-amd64; this needs Debian for amd64, after apt-get update"
  fi
  apt-cache pkgnames "linux-image-$(seriesOf "$newest")." | sed -n 's/^linux-image-\(.*-cloud-amd64\)$/\1/p' | sort -V
}

# Prints one line for each package: name, version, file name, size, SHA-256, dependencies.
describePackages() {
  apt-cache show --no-all-versions "$@" 2>/dev/null | awk '
    /^Package: / { name = $2 }
    /^Version: / { version = $2 }
    /^Depends: / { depends = substr($0, 10) }
    /^Filename: / { file = $2; sub(".*/", "", file) }
    /^Size: / { size = $2 }
    /^SHA256: / { sha256 = $2 }
    /^$/ { print name, version, file, size, sha256, depends; depends = "" }
  '
}

# Makes sure a package is in the Nix store: there already, else from the cache, else downloaded.
# Its name in the store is NAME.deb; Debian's file names have characters that Nix does not allow.
provideDeb() {
  local package=$1 file=$3 size=$4 sha256=$5 path
  path=$(nix-store --print-fixed-path sha256 "$sha256" "$package.deb")
  if nix-store --check-validity "$path" 2>/dev/null; then
    return
  fi
  if [ "$(stat -c %s "$debs/$file" 2>/dev/null)" != "$size" ]; then
    say "downloading $package ($((size / 1000000)) MB)"
    rm -f "$debs/$file"
    (cd "$debs" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$package" >&2) ||
      die 3 "could not download $package into $debs; what apt said stands above"
  fi
  if [ "$(sha256sum <"$debs/$file")" != "$sha256  -" ]; then
    die 3 "$debs/$file is not what apt announced (SHA-256 differs); remove it and try again"
  fi
  ln -f "$debs/$file" "$work/$package.deb" 2>/dev/null || cp "$debs/$file" "$work/$package.deb"
  nix-store --add-fixed sha256 "$work/$package.deb" >/dev/null ||
    die 3 "could not add $package to the Nix store; what Nix said stands above"
  rm "$work/$package.deb"
}

# Provides the packages of one kernel and prints its kernels.json.
kernelsJson() {
  local abi=$1 packages common kbuild package version file size sha256 depends
  local image=linux-image-$abi headers=linux-headers-$abi source
  source=linux-source-$(seriesOf "$abi")
  depends=$(describePackages "$headers")
  common=$(grep -o 'linux-headers-[^ ]*-common' <<<"$depends") || die 3 "apt has no $headers; run apt-get update"
  kbuild=$(grep -o 'linux-kbuild-[^ ,]*' <<<"$depends")

  local -A line=()
  packages=$(describePackages "$image" "$headers" "$common" "$kbuild" "$source")
  while read -r package version file size sha256 depends; do
    line[$package]="$package $version $file $size $sha256"
  done <<<"$packages"
  for package in "$image" "$headers" "$common" "$kbuild" "$source"; do
    [ -n "${line[$package]:-}" ] || die 3 "apt has no $package; run apt-get update"
    # shellcheck disable=SC2086 # the words of a line are the arguments
    provideDeb ${line[$package]}
  done

  # Debian's revision is no part of the kernel's version: 6.1.192-1 → 6.1.192.
  word() { cut -d ' ' -f "$2" <<<"${line[$1]}"; }
  upstream() { word "$1" 2 | sed 's/-[^-]*$//'; }
  deb() { printf '{ "name": "%s.deb", "sha256": "%s" }' "$1" "$(word "$1" 5)"; }
  cat <<JSON
{
  "linux": {
    "abi": "$abi",
    "version": "$(upstream "$image")",
    "debs": {
      "image": $(deb "$image"),
      "headers": $(deb "$headers"),
      "headersCommon": $(deb "$common"),
      "kbuild": $(deb "$kbuild")
    }
  },
  "source": {
    "version": "$(upstream "$source")",
    "deb": $(deb "$source")
  }
}
JSON
}
