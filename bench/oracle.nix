# The oracle: what every attribute of some package sets is, by one plain walk in one Nix process, with nothing of ours in it.
#
# Attributes are those that nixpkgs counts: the root's, and those of sets with recurseForDerivations or recurseForRelease.
# One that throws has no outputs. Errors that tryEval cannot catch would end the walk: who asks has to name those attributes.
{ question }:
let
  inherit (builtins) attrNames concatMap deepSeq fromJSON isAttrs isFunction listToAttrs map toJSON tryEval;
  # trees: entry files. arguments: what they are called with. skip: paths of attributes, lists of names.
  inherit (fromJSON question) trees arguments skip;

  skipped = listToAttrs (map (path: { name = toJSON path; value = true; }) skip);

  kindOf =
    path: value:
    if !isAttrs value then "other"
    else if path != [ ] && (value.type or null) == "derivation" then "derivation"
    else if path == [ ] || (value.recurseForDerivations or false) || (value.recurseForRelease or false) then "set"
    else "other";

  outputsOf = value: map (name: (value.${name} or value).outPath) (value.outputs or [ "out" ]);

  walk =
    path: value:
    let
      kind = tryEval (kindOf path value);
      about = { drv = value.drvPath; outputs = outputsOf value; };
      tried = tryEval (deepSeq about about);
    in
    if skipped ? ${toJSON path} || !kind.success then [ { inherit path; } ]
    else if kind.value == "derivation" then [ ({ inherit path; } // (if tried.success then tried.value else { })) ]
    else if kind.value == "set" then concatMap (name: walk (path ++ [ name ]) value.${name}) (attrNames value)
    else [ ];

  open = entry: let value = import entry; in if isFunction value then value arguments else value;
in
map (entry: walk [ ] (open entry)) trees
