# Packages that use a kernel, one for every way in which #423933 broke somebody (R) and for every way that was right
# all along (N). pkgs/consumers/README.md has the table.
{ lib, callPackage }:

lib.recurseIntoAttrs {
  R01-modules-closure = callPackage ../consumers/R01-modules-closure.nix { };
  R02-modules-closure-allow-missing = callPackage ../consumers/R02-modules-closure-allow-missing.nix { };
  R03-overlay-allow-missing = callPackage ../consumers/R03-overlay-allow-missing.nix { };
  R04-aggregate-modules = callPackage ../consumers/R04-aggregate-modules.nix { };
  R05-zfs-image = callPackage ../consumers/R05-zfs-image.nix { };
  R06-zfs-image-modules = callPackage ../consumers/R06-zfs-image-modules.nix { };
  R07-disk-image-target = callPackage ../consumers/R07-disk-image-target.nix { };
  R08-stage2-script = callPackage ../consumers/R08-stage2-script.nix { };
  R09-sysroot = callPackage ../consumers/R09-sysroot.nix { };
  R10-module-file-check = callPackage ../consumers/R10-module-file-check.nix { };
  R11-module-glob = callPackage ../consumers/R11-module-glob.nix { };
  R12-find-or-true = callPackage ../consumers/R12-find-or-true.nix { };
  R13-bootspec = callPackage ../consumers/R13-bootspec { };

  N01-kdir-dev = callPackage ../consumers/N01-kdir-dev { };
  N02-modules-or = callPackage ../consumers/N02-modules-or.nix { };
  N03-get-output = callPackage ../consumers/N03-get-output.nix { };
  N04-modules-tree = callPackage ../consumers/N04-modules-tree.nix { };
  N05-bzimage = callPackage ../consumers/N05-bzimage.nix { };
  N06-run-booted-system = callPackage ../consumers/N06-run-booted-system.nix { };
  N07-vendor-kernel = callPackage ../consumers/N07-vendor-kernel.nix { };
  N08-comment = callPackage ../consumers/N08-comment.nix { };
  N09-option-path = callPackage ../consumers/N09-option-path.nix { };
  N10-monolithic = callPackage ../consumers/N10-monolithic.nix { };
}
