# Package sets as fixed points: what overlays are made of.
rec {
  id = x: x;
  fix =
    f:
    let
      x = f x;
    in
    x;
  flip =
    f: a: b:
    f b a;

  # Applies an overlay on top of a set that is a function of its own result.
  extends =
    overlay: f: final:
    let
      previous = f final;
    in
    previous // overlay final previous;

  composeExtensions =
    f: g: final: previous:
    let
      first = f final previous;
    in
    first // g final (previous // first);

  composeManyExtensions = builtins.foldl' composeExtensions (_: _: { });

  makeExtensible =
    f:
    fix (
      self:
      f self
      // {
        extend = overlay: makeExtensible (extends overlay f);
      }
    );
}
