rec {
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    head
    length
    map
    sort
    tail
    ;

  singleton = x: [ x ];
  optional = condition: x: if condition then [ x ] else [ ];
  optionals = condition: xs: if condition then xs else [ ];
  toList = x: if builtins.isList x then x else [ x ];
  flatten = x: if builtins.isList x then concatMap flatten x else [ x ];
  range = first: last: if first > last then [ ] else genList (n: first + n) (last - first + 1);
  imap0 = f: xs: genList (n: f n (elemAt xs n)) (length xs);
  imap1 = f: xs: genList (n: f (n + 1) (elemAt xs n)) (length xs);
  unique = foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];
  subtractLists = remove: filter (x: !elem x remove);
  last = xs: elemAt xs (length xs - 1);
  take = n: xs: genList (elemAt xs) (if n < length xs then n else length xs);
}
