# A test in a virtual machine: boots a system in QEMU and looks for the lines that its scripts should print.
#
# The guest reports on its second serial port (`echo … > /dev/ttyS1`), because the kernel prints in the midst of
# lines on the first. QEMU is the host's and emulates the processor, so no /dev/kvm is needed.
{ pkgs }:

{
  name,
  # The configuration of the one machine.
  machine,
  # Lines, in this order and no others.
  report,
  timeoutSeconds ? 180,
}:

let
  system = pkgs.nixos machine;
in
pkgs.runCommand "vm-test-run-${name}"
  {
    inherit (system) toplevel;
    root = system.config.system.build.rootArchive;
    expected = builtins.concatStringsSep "\n" report;
    qemu = "/usr/bin/qemu-system-${pkgs.stdenv.hostPlatform.cpu}";
    inherit timeoutSeconds;
    meta = {
      description = "Test in a virtual machine: ${name}";
      platforms = pkgs.lib.platforms.linux;
    };
  }
  ''
    timeout --foreground "$timeoutSeconds" "$qemu" \
      -accel tcg -machine q35 -m 512 -nodefaults -no-user-config -no-reboot -display none \
      -kernel "$toplevel/kernel" -initrd "$toplevel/initrd" -append "$(cat "$toplevel/kernel-params")" \
      -drive "file=$root/initrd,format=raw,if=virtio,snapshot=on" \
      -serial file:console -serial file:report < /dev/null || echo "QEMU ended with status $?"

    tr -d '\r' < report > seen
    echo "$expected" > wanted
    if ! cmp -s wanted seen; then
      echo "The end of the machine's console:"
      tail -n 60 console
      echo "What the machine should have reported (-) and did (+):"
      diff -u wanted seen | tail -n +3 || true
      exit 1
    fi
    mkdir $out
    cp wanted $out/report
  ''
