#!/bin/sh
# The guest's init: loads each requested module, reads its options back, unloads it, and says what came of it.
# Everything is said in lines of one nonce and a key (src/domain/console.ts reads them), through the kernel's
# own log: such lines are never torn by kernel messages, and they prove that warnings reach the console.
PATH=/bin
# By its path: busybox's shell has a modprobe of its own and prefers it to any program of that name.
modprobe=/bin/modprobe
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
nonce=$(cat /modprobot/nonce)
log=/dev/kmsg
: 2>/dev/null >"$log" || log=none

# A record of the kernel's log is cut at about 1,000 bytes, hence the limit.
say() {
  line=$(printf '%s' "$nonce $*" | tr '\n\t' '  ' | tr -cd '\040-\176' | cut -c1-700)
  if [ "$log" = none ]; then printf '%s\n' "$line"; else printf '<4>%s\n' "$line" >"$log"; fi
}

# Path of an insmod line to the name sysfs has: /lib/…/snd-hda.ko.xz to snd_hda.
sysfs_name() {
  name=${1##*/}
  name=${name%%.ko*}
  printf '%s' "$name" | tr - _
}

# No unloading for a module without an exit function, nor in a kernel built without it: then the count is "-".
is_permanent() {
  grep "^$1 " /proc/modules | grep -q -e '\[permanent\]' -e '^[^ ]* [0-9]* - '
}

# try INDEX MODULE [NAME=VALUE]...
try() {
  index=$1
  module=$2
  shift 2
  say module "$index" "$module"
  if ! plan=$("$modprobe" --show-depends "$module" 2>&1 </dev/null); then
    # A kernel built without modules has no modules.builtin either; sysfs knows those that have parameters.
    loaded=$(sysfs_name "$module")
    if [ -d "/sys/module/$loaded" ]; then
      say state "$index" builtin
      read_options "$index" "$loaded" "$@"
      return
    fi
    say state "$index" missing
    say message "$index" "$plan"
    return
  fi
  last=$(printf '%s\n' "$plan" | tail -n 1)
  case $last in
    builtin\ *)
      say state "$index" builtin
      read_options "$index" "$(sysfs_name "${last#builtin }")" "$@"
      return
      ;;
  esac
  last=${last#insmod }
  loaded=$(sysfs_name "${last%% *}")
  if ! message=$("$modprobe" "$module" "$@" 2>&1 </dev/null); then
    say state "$index" failed
    say message "$index" "$message"
    return
  fi
  if [ ! -d "/sys/module/$loaded" ]; then
    say state "$index" failed
    say message "$index" "modprobe said it loaded, and there is no /sys/module/$loaded"
    return
  fi
  say state "$index" loaded
  read_options "$index" "$loaded" "$@"
  unload "$index" "$module" "$loaded"
}

read_options() {
  index=$1
  loaded=$2
  shift 2
  for option; do
    name=${option%%=*}
    if value=$(cat "/sys/module/$loaded/parameters/$name" 2>/dev/null); then
      say parameter "$index" "$name" "$value"
    else
      say absent "$index" "$name"
    fi
  done
}

unload() {
  if is_permanent "$3"; then
    say unloaded "$1" permanent
  elif message=$("$modprobe" -r "$2" 2>&1 </dev/null); then
    say unloaded "$1" yes
  else
    say unloaded "$1" no
    say message "$1" "$message"
  fi
}

say begin 1
[ "$log" = none ] && say log none
say release "$(uname -r)"
# Requests are a line each, words without spaces in them; -f keeps `*` in a value from becoming file names.
set -f
number=0
while read -r request <&3; do
  # shellcheck disable=SC2086
  try "$number" $request
  number=$((number + 1))
done 3</modprobot/requests
say taint "$(cat /proc/sys/kernel/tainted)"
say end

poweroff -f
# A kernel without ACPI halts instead; a reset ends the machine too, which was started not to reboot.
sleep 2
reboot -f
