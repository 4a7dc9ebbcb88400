#!/bin/sh
# The guest's init when all we want to know is whether the accelerator runs a kernel at all.
PATH=/bin
mount -t proc proc /proc
printf '%s begin 1\n' "$(cat /modprobot/nonce)"
printf '%s end\n' "$(cat /modprobot/nonce)"
poweroff -f
sleep 1
reboot -f
