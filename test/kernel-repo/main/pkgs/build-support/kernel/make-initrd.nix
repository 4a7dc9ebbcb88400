# An initial ramdisk: a cpio archive with the store paths of `contents`, everything these refer to, and links to them
# at the places where the guest looks. busybox and kmod are always there.
#
# A link is made whether or not its target exists, so a modules closure that came out empty gives a ramdisk that
# builds and cannot load a single module.
{ stdenv, initrdUtils }:

{
  name ? "initrd",
  # [ { object = store path, with or without a suffix; symlink = its place in the ramdisk; } ]
  contents,
  compressor ? "gzip -9n",
}:

let
  utils = [
    {
      object = "${initrdUtils}/bin";
      symlink = "/bin";
    }
    {
      object = "${initrdUtils}/lib";
      symlink = "/usr/lib";
    }
    {
      # Where programs expect the loader.
      object = "${initrdUtils}/lib";
      symlink = "/lib64";
    }
  ];
  all = utils ++ contents;
in
stdenv.mkDerivation {
  inherit name compressor;
  args = [
    "-e"
    ./make-initrd.sh
  ];
  objects = map (content: content.object) all;
  symlinks = map (content: content.symlink) all;
  # Nix writes the closure of each path into the file named before it:
  # https://nix.dev/manual/nix/latest/language/advanced-attributes#adv-attr-exportReferencesGraph
  exportReferencesGraph = builtins.concatLists (
    builtins.genList (index: [
      "closure-${toString index}"
      (builtins.elemAt all index).object
    ]) (builtins.length all)
  );
  meta.description = "Initial ramdisk";
}
