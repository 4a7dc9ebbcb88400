# What modprobot needs of a machine, and what of it is missing. Only asks; bin/setup changes things.

buildGroup=nixbld
buildUsers=10
nixConf=${NIX_CONF_DIR:-/etc/nix}/nix.conf
nixConfMark="# Written by modprobot's bin/setup, which writes it again when it differs."

# Debian package and a program or file that shows it is there. busybox has to be the static one: guests have no libraries.
requirements="
bash:/bin/bash
bc:bc
binutils:ld
bison:bison
bubblewrap:bwrap
ca-certificates:/etc/ssl/certs/ca-certificates.crt
busybox-static:busybox
cpio:cpio
flex:flex
g++:g++
gcc:gcc
git:git
kmod:depmod
libc6-dev:/usr/include/stdio.h
libelf-dev:/usr/include/libelf.h
libssl-dev:/usr/include/openssl/ssl.h
linux-libc-dev:/usr/include/linux/types.h
m4:m4
make:make
mawk:mawk
nix-bin:nix-store
patch:patch
python3-minimal:python3
qemu-system-x86:qemu-system-x86_64
util-linux:prlimit
xz-utils:xz
zstd:zstd
"
testRequirements="
chromium:chromium
postgresql:/usr/lib/postgresql
"

# Prints name, colon, sign of everything wanted; with --tests the tests' things too.
wanted() {
  echo "$requirements"
  if [ "${1:-}" = --tests ]; then
    echo "$testRequirements"
  fi
}

isThere() {
  case $1 in
    /*) [ -e "$1" ] ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
  esac
}

missingPackages() {
  local package sign
  while IFS=: read -r package sign; do
    if [ -n "$package" ] && ! isThere "$sign"; then
      echo "$package"
    fi
  done < <(wanted "${1:-}")
  if isThere busybox && ! isStatic "$(command -v busybox)"; then
    echo busybox-static
  fi
  if ! isNodeForNpm || ! isThere npm; then
    printf '%s\n' nodejs npm
  fi
}

isStatic() {
  # ldd fails for a program without a dynamic section; of a static PIE it says so and succeeds.
  case $(ldd "$1" 2>&1 || true) in
    *'not a dynamic executable'* | *'statically linked'*) ;;
    *) return 1 ;;
  esac
}

# npm itself and the packages' install scripts; modprobot runs on Node 24, which comes from npm.
isNodeForNpm() {
  isThere node && node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)'
}

isNode24() {
  [ -x "${1:-}" ] && "$1" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)' 2>/dev/null
}

# npm notes in node_modules what it installed; everything of the lock for this platform must be there, in its version.
nodePackagesAreThere() {
  { isNode24 "$root/node_modules/.bin/node" || isNode24 "$(command -v node)"; } &&
    [ -e "$root/node_modules/.package-lock.json" ] &&
    node - "$root" <<'JS'
const { readFileSync } = require("node:fs");
const read = (name) => JSON.parse(readFileSync(`${process.argv[2]}/${name}`, "utf8")).packages;
const installed = read("node_modules/.package-lock.json");
const differs = Object.entries(read("package-lock.json")).some(
  ([path, wanted]) => path !== "" && !wanted.optional && installed[path]?.version !== wanted.version,
);
process.exit(differs ? 1 : 0);
JS
}

isSupportedDebian() {
  [ -r /etc/os-release ] && (
    source /etc/os-release
    [ "${ID:-}" = debian ] && [ "${VERSION_ID:-0}" -ge 12 ] 2>/dev/null
  )
}

systemName() {
  (source /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-This system}") || uname -s
}

aptKnowsKernels() {
  apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1
}

missingBuildUsers() {
  local number
  for number in $(seq "$buildUsers"); do
    getent passwd "$buildGroup$number" >/dev/null || echo "$number"
  done
}

# The directories of the host that builders see: shell, compiler, tools. Those that exist here.
sandboxPaths() {
  local path paths=()
  for path in /bin /usr /lib /lib64; do
    if [ -e "$path" ]; then
      paths+=("$path")
    fi
  done
  echo "${paths[*]}"
}

nixConfText() {
  cat <<CONF
$nixConfMark
build-users-group = $buildGroup
sandbox = true
sandbox-fallback = false
sandbox-paths = $(sandboxPaths)
# The test repository builds everything itself; there is nothing to substitute.
substituters =
max-jobs = auto
cores = 0
CONF
}

# nixSetting NAME: the value Nix works with, wherever it was set; nothing where Nix cannot read its settings.
nixSetting() {
  { nix --extra-experimental-features nix-command show-config 2>/dev/null || true; } | sed -n "s/^$1 = //p"
}

# Prints lines that nix.conf should have and has not.
nixConfMistakes() {
  if ! isThere nix; then
    return
  fi
  [ "$(nixSetting sandbox)" = true ] || echo "sandbox = true"
  [ "$(nixSetting sandbox-fallback)" = false ] || echo "sandbox-fallback = false"
  local path known
  known=" $(nixSetting sandbox-paths) "
  for path in $(sandboxPaths); do
    if [[ "$known" != *" $path "* ]]; then
      echo "sandbox-paths = $(sandboxPaths)"
      return
    fi
  done
}

nixConfIsRight() {
  if [ -e "$nixConf" ] && grep -qxF "$nixConfMark" "$nixConf"; then
    [ "$(cat "$nixConf")" = "$(nixConfText)" ]
  else
    [ -e "$nixConf" ] && [ -z "$(nixConfMistakes)" ]
  fi
}

# Prints everything that is missing, one line each, in words.
everythingMissing() {
  local package sign users
  while IFS=: read -r package sign; do
    if [ -n "$package" ] && ! isThere "$sign"; then
      echo "$sign (Debian package $package)"
    fi
  done < <(wanted "${1:-}")
  if ! isNodeForNpm || ! isThere npm; then
    echo "node (18 or newer) and npm (Debian packages nodejs and npm)"
  fi
  if ! getent group "$buildGroup" >/dev/null; then
    echo "a group $buildGroup (groupadd --system $buildGroup)"
  fi
  users=$(missingBuildUsers | paste -sd ' ')
  if [ -n "$users" ]; then
    echo "users $buildGroup with the numbers $users, members of the group $buildGroup"
  fi
  if isThere nix; then
    nixConfMistakes | sed "s|^|in $nixConf: |"
  fi
}

systemIsReady() {
  [ -z "$(missingPackages "${1:-}")" ] && getent group "$buildGroup" >/dev/null &&
    [ -z "$(missingBuildUsers)" ] && nixConfIsRight && aptKnowsKernels
}
