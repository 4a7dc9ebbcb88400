# Messages of the programs in bin/: one line each on standard error, and the exit statuses of the command line
# (2: the caller gave something wrong, 3: the machine lacks something).

program=$(basename "$0")

say() {
  printf '%s: %s\n' "$program" "$*" >&2
}

# die STATUS MESSAGE…
die() {
  local status=$1
  shift
  say "$*"
  exit "$status"
}

# Fails with status 3 unless every program named is there.
need() {
  local name missing=()
  for name in "$@"; do
    if ! command -v "$name" >/dev/null; then
      missing+=("$name")
    fi
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    die 3 "not found: ${missing[*]}. bin/setup installs everything modprobot needs."
  fi
}
