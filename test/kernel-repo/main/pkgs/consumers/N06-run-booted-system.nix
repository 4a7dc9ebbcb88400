# Finds the modules of the running system at run time, as bcc and libvirt do; the place stays valid.
{ writeTextFile }:

writeTextFile {
  name = "module-report";
  executable = true;
  destination = "/bin/module-report";
  text = ''
    #!/bin/sh
    # Modules of the running kernel that nothing uses.
    tree=/run/booted-system/kernel-modules/lib/modules/$(uname -r)
    for module in $(lsmod | awk '$3 == 0 { print $1 }'); do
      find "$tree" -name "$module.ko*"
    done
  '';
  meta.description = "Lists modules that nothing uses";
}
