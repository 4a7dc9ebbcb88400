# Podman as bin/test-image uses it: installed when it is missing, with options under which it works in a container and in a
# small virtual machine as well as on a server.

base=docker.io/library/debian:forky-slim
# Everything of this test is in a place of its own.
storage=/var/tmp/modprobot-image-test
engineOptions=()
# What docs/install.md asks for, and no more: Nix's sandbox and bubblewrap make namespaces and mount a /proc of their own
# inside. The limits are given because podman asks for more than a machine may allow. The network is this machine's, since
# podman makes others only where it finds the tools for it.
runOptions=(--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined
  --network host --ulimit nofile=1024:20000 --ulimit nproc=4096:4096)
[ ! -e /dev/kvm ] || runOptions+=(--device /dev/kvm)

# Podman wants systemd for asking HEALTHCHECK from time to time; here it is asked by hand.
engine() {
  DISABLE_HC_SYSTEMD=true podman "${engineOptions[@]}" "$@"
}

installEngine() {
  local package missing=()
  for package in podman runc curl openssl; do
    isThere "$package" || missing+=("$package")
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    isSupportedDebian || die 3 "not found: ${missing[*]}"
    say "installing Debian packages: ${missing[*]}"
    apt-get -qq update >&2
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${missing[@]}" >/dev/null ||
      die 3 "apt could not install them; what it said stands above"
  fi
  engineOptions=(--storage-driver overlay --root "$storage" --runroot "/run/$(basename "$storage")")
  if ! engine info >/dev/null 2>&1; then
    # Layers as plain copies: slower and larger, for where overlays cannot be mounted.
    rm -rf "$storage"
    engineOptions[1]=vfs
  fi
  # crun, podman's own choice, wants cgroups and limits that small machines do not give.
  runOptions=(--runtime runc "${runOptions[@]}")
}

# Debian's image: the one that is there, else pulled, else made.
provideBase() {
  if engine image exists "$base"; then
    return
  fi
  if engine pull --quiet "$base" >/dev/null 2>&1; then
    say "pulled $base"
    return
  fi
  say "cannot pull $base; making it with debootstrap"
  makeBase
}

# The first mirror of Debian itself that apt knows; security updates have another one.
debianMirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 'Created-By: Packages' | head -n 1
}

makeBase() {
  local mirror
  isThere debootstrap || DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install debootstrap >/dev/null
  mirror=$(debianMirror)
  [ -n "$mirror" ] || die 3 "apt knows no mirror of Debian to make the base image from"
  # All of Debian's suites are made alike; older debootstraps do not know the name of this one.
  debootstrap --variant=minbase forky "$work/base" "$mirror" /usr/share/debootstrap/scripts/sid >"$work/debootstrap.log" 2>&1 ||
    die 3 "debootstrap failed: $(tail -n 3 "$work/debootstrap.log")"
  # A mirror that stands still, as test machines have them, is older than its signature allows.
  echo 'Acquire::Check-Valid-Until "false";' >"$work/base/etc/apt/apt.conf.d/99test-image"
  # What Debian's own image leaves out as well.
  rm -rf "$work"/base/var/{cache,log,lib/apt/lists}/* "$work"/base/usr/share/{doc,info,locale,man}/*
  # As in Debian's own image: there is nothing to lose in a layer that is not finished.
  echo force-unsafe-io >"$work/base/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
  tar -C "$work/base" -c . | engine import --quiet - "$base" >/dev/null
  rm -rf "$work/base"
}

# npm's settings and certificate authorities of this machine, if it has any of its own.
buildSecrets() {
  local ca=${NODE_EXTRA_CA_CERTS:-}
  [ ! -s "$HOME/.npmrc" ] || printf '%s\n' --secret "id=npmrc,src=$HOME/.npmrc"
  [ ! -s "$ca" ] || printf '%s\n' --secret "id=ca,src=$ca"
}

buildImage() {
  local secrets
  mapfile -t secrets < <(buildSecrets)
  say "building the image"
  # In the format of OCI there is no HEALTHCHECK.
  engine build --format docker --isolation chroot --network host --layers "${secrets[@]}" --tag "$image" "$root" \
    >"$work/build.log" 2>&1 || {
    tail -n 40 "$work/build.log" >&2
    die 1 "the image could not be built"
  }
}

removeContainers() {
  local container
  for container in $(engine ps --all --quiet --filter "label=$image"); do
    engine rm --force --volumes --time 1 "$container" >/dev/null
  done
  engine volume rm --force "$image-nix" >/dev/null 2>&1 || true
}

removeImages() {
  engine rmi --all --force >/dev/null 2>&1 || true
  rm -rf "$storage" "/run/$(basename "$storage")"
}
