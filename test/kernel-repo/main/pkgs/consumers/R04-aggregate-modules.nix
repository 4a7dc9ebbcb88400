# The modules tree of a small distribution with nothing built out of tree.
#
# Stands for finix and other systems with their own copy of NixOS' kernel module:
# https://github.com/finix-community/finix/pull/23
{ linux, aggregateModules }:

(aggregateModules [ linux ]).overrideAttrs {
  name = "small-distribution-modules";
  meta.description = "Modules tree of a small distribution";
}
