# The union of $paths in $out. Sourced, so that what follows sees its variables.

linkUnion() {
  local relative=$1 path name providers=() directories=0
  for path in $paths; do
    if [ -e "$path/$relative" ] || [ -L "$path/$relative" ]; then
      providers+=("$path")
      if [ -d "$path/$relative" ]; then
        directories=$((directories + 1))
      fi
    fi
  done

  if [ "${#providers[@]}" = 1 ]; then
    ln -s "${providers[0]}/$relative" "$out/$relative"
  elif [ "$directories" = "${#providers[@]}" ]; then
    mkdir -p "$out/$relative"
    while IFS= read -r name; do
      linkUnion "$relative/$name"
    done < <(for path in "${providers[@]}"; do ls -A "$path/$relative"; done | sort -u)
  elif [ -n "$ignoreCollisions" ]; then
    ln -s "${providers[0]}/$relative" "$out/$relative"
  else
    die "collision between ${providers[*]} at $relative"
  fi
}

mkdir -p "$out"
for path in $paths; do
  if ! [ -d "$path" ]; then
    die "$path is not a directory"
  fi
done
for wanted in $pathsToLink; do
  wanted=${wanted#/}
  while IFS= read -r name; do
    mkdir -p "$out/$wanted"
    linkUnion "${wanted:+$wanted/}$name"
  done < <(for path in $paths; do
    if [ -d "$path/$wanted" ]; then ls -A "$path/$wanted"; fi
  done | sort -u)
done
unset path wanted name
