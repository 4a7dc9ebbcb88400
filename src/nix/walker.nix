# The walker: says, on standard error, what every attribute of a package set is.
#
# Each statement is one trace line, "trace: <nonce> <kind> <JSON>". The nonce is what tells our lines from those of
# the package set, which may trace whatever it likes: it is an argument of this function, and nothing here hands it on.
#
# Nix has errors that tryEval cannot catch (abort, a missing attribute, endless recursion); they end the evaluator. Which
# attribute did it is found by walking on with `careful`, which announces ("begin") an attribute before it is looked at,
# and is not done at once because lines cost time: the attribute announced last is the one. The caller then starts again,
# with what is known already in `known`.
#
# Attributes are enumerated as nixpkgs' own evaluation does it: the root always, sets below it where they carry
# recurseForDerivations or recurseForRelease (https://github.com/NixOS/nixpkgs/blob/master/pkgs/top-level/release-attrpaths-superset.nix).
{
  nonce,
  # Absolute path of the file, as a string.
  entry,
  # What it is called with.
  arguments,
  # "walk": what is asked for. "explain": force one attribute, so that Nix says what is wrong. "passthru": types of its attributes.
  mode,
  # Attributes to look at, by name: each a set of the same form for what is below it. null: all of them.
  wanted,
  # Of those, the names at the root by their place: from this one, up or down to that one and without it.
  from,
  to,
  # Announce every attribute, and say what may end the evaluator in lines of their own.
  careful,
  # Paths (lists of components) not to look at again.
  known,
  # Components of the attribute for "explain" and "passthru".
  path,
  # Files that throw, and say "met" before: what they would be is withheld. They are read here, and by nobody afterwards.
  withheld,
  # A file that can be read once that is seen to.
  gate,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    deepSeq
    elemAt
    foldl'
    genList
    hashString
    intersectAttrs
    isAttrs
    isFunction
    isList
    isString
    length
    listToAttrs
    map
    readFile
    removeAttrs
    seq
    toJSON
    toString
    trace
    tryEval
    typeOf
    unsafeDiscardStringContext
    unsafeGetAttrPos
    ;

  maxDepth = 12;

  say =
    kind: payload: rest:
    trace "${nonce} ${kind} ${toJSON payload}" rest;

  # Attribute names may hold anything, so JSON is the only text in which two paths never look alike.
  identity = components: unsafeDiscardStringContext (toJSON components);
  isKnown =
    let
      index = listToAttrs (
        map (components: {
          name = identity components;
          value = null;
        }) known
      );
    in
    if known == [ ] then _: false else components: index ? ${identity components};

  root =
    let
      value = import entry;
    in
    if isFunction value then value arguments else value;

  isDerivation = value: (value.type or null) == "derivation";
  isMarked =
    value: (value.recurseForDerivations or false) == true || (value.recurseForRelease or false) == true;

  classify =
    depth: value:
    if !isAttrs value then
      "other"
    else if depth > 0 && isDerivation value then
      "derivation"
    else if depth == 0 || isMarked value then
      "set"
    else
      "other";

  text =
    what: value:
    if isString value then
      unsafeDiscardStringContext value
    else
      throw "${what} is a ${typeOf value}, not a string";

  isWithholding = withheld != [ ];

  # What met a withheld file is forced once more: that the file is met again says that nothing was kept of the first time.
  attempt =
    value:
    let
      tried = tryEval value;
    in
    if tried.success || !isWithholding then
      tried
    else
      say "tried" { } (seq (tryEval value).success (say "again" { } tried));

  # A list is forced in its order; a set in one that changes from run to run, and with it the error that is told.
  describe =
    value:
    let
      name = text "name" (value.name or null);
      system = text "system" (value.system or null);
      drvPath = text "drvPath" value.drvPath;
      # A list, since JSON objects would lose the order, and the first output is the default one.
      outputs = map (output: [
        output
        (text "outPath" (if value ? ${output} then value.${output}.outPath else value.outPath))
      ]) (value.outputs or [ "out" ]);
      inOrder = [
        name
        system
        drvPath
        outputs
      ];
    in
    deepSeq inOrder {
      inherit
        drvPath
        name
        outputs
        system
        ;
    };

  optionally =
    fallback: value:
    let
      tried = attempt (deepSeq value value);
    in
    if tried.success then tried.value else fallback;

  positionOf =
    value:
    let
      stated = value.meta.position or null;
      written = unsafeGetAttrPos "name" value;
    in
    if isString stated then
      unsafeDiscardStringContext stated
    else if written == null then
      null
    else
      "${written.file}:${toString written.line}";

  maintainersOf =
    value:
    let
      all = value.meta.maintainers or [ ];
    in
    if isList all then
      concatMap (
        who: if isAttrs who && isString (who.github or null) then [ (unsafeDiscardStringContext who.github) ] else [ ]
      ) all
    else
      [ ];

  about =
    value:
    {
      position = optionally null (positionOf value);
      maintainers = optionally [ ] (maintainersOf value);
    }
    // (if optionally false (isString (value.modDirVersion or null)) then { kernel = true; } else { });

  # What the derivation is comes before who looks after it: an error in `meta` then costs only that.
  describeDerivation =
    place: value:
    let
      description = describe value;
      tried = attempt description;
      known = place // {
        inherit (tried) value;
      };
    in
    if !tried.success then
      say "thrown" place true
    else if careful then
      say "derivation" known (say "about" (place // about value) true)
    else
      say "derivation" (known // about value) true;

  # `at`: the place among the names of the root, of what it is in.
  visit =
    at: wanted: components: value:
    let
      kind = attempt (classify (length components) value);
      place = {
        inherit at;
        path = components;
      };
      names = attrNames (if wanted == null then value else intersectAttrs wanted value);
      below =
        at: name:
        visit at (if wanted == null then null else wanted.${name}) (components ++ [ name ]) value.${name};
    in
    if isKnown components then
      true
    else
      (if careful || components == [ ] then say "begin" place else done: done) (
        if !kind.success then
          say "thrown" place true
        else if kind.value == "derivation" then
          describeDerivation place value
        else if kind.value == "other" then
          # At the root, each name is how far we are.
          if careful || isWithholding || length components == 1 then say "other" place true else true
        else if length components >= maxDepth then
          say "deep" place true
        else if components == [ ] then
          say "names" {
            count = length names;
            digest = hashString "sha256" (identity names);
          } (each (at: below at (elemAt names at)) (places (length names)))
        else
          say "set" (place // { size = length names; }) (each (below at) names)
      );

  places =
    count:
    let
      end = if to < count then to else count;
    in
    if to < from then genList (n: from - n) (from - to) else genList (n: from + n) (if from < end then end - from else 0);

  # foldl' forces every step before the next and does not nest, however long the list.
  each = act: list: foldl' (done: one: seq (act one) done) true list;

  target = foldl' (value: name: value.${name}) root path;

  explain =
    let
      kind = classify (length path) target;
    in
    if kind == "derivation" then seq (describe target) true else seq kind true;

  # The environment of the build is no promise to users of the value; what nixpkgs documents as its identity is.
  environment = removeAttrs (target.drvAttrs or { }) [
    "patches"
    "pname"
    "src"
    "version"
  ];
  outputs = listToAttrs (
    map (name: {
      inherit name;
      value = null;
    }) (target.outputs or [ ])
  );
  everywhere = listToAttrs (
    map
      (name: {
        inherit name;
        value = null;
      })
      [
        "all"
        "args"
        "builder"
        "drvAttrs"
        "drvPath"
        "inputDerivation"
        "meta"
        "name"
        "out"
        "outPath"
        "outputName"
        "outputs"
        "override"
        "overrideAttrs"
        "overrideDerivation"
        "passthru"
        "system"
        "type"
        "userHook"
      ]
  );

  passthru =
    let
      names = attrNames (removeAttrs target (attrNames (environment // outputs // everywhere)));
      one =
        name:
        let
          place = {
            at = 0;
            path = [ name ];
          };
          kind = tryEval (typeOf target.${name});
        in
        if isKnown place.path then
          true
        else
          say "begin" place (
            say "type" {
              inherit (place) at path;
              type = if kind.success then kind.value else "error";
            } true
          );
    in
    each one names;

  act = {
    walk = visit 0 wanted [ ] root;
    inherit explain passthru;
  };
  # Nix keeps what it has parsed, so these can be imported from now on, and nothing else: not read, hashed or copied.
  prepare =
    rest:
    if isWithholding then
      seq (foldl' (done: file: seq (tryEval (import file)).success done) true withheld) (
        say "ready" { } (seq (readFile gate) rest)
      )
    else
      rest;
in
prepare (seq act.${mode} (say "end" { } true))
