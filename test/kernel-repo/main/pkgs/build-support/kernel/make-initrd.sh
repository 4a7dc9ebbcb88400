# Builder of make-initrd.nix. In the environment: objects, symlinks (as many, in the same order), compressor, out.
source $stdenv/setup

mkdir root
set -- $objects
for link in $symlinks; do
    mkdir -p "root$(dirname "$link")"
    ln -s "$1" "root$link"
    shift
done

mkdir -p root/nix/store
for path in $(sed -n '\,^/nix/store/,p' closure-* | sort -u); do
    cp -a "$path" root/nix/store/
done

# The same bytes for the same contents: order, owners, times and inode numbers are fixed.
find root -exec touch --no-dereference --date=@1 {} +
mkdir -p "$out"
(cd root && find . -print0 | sort -z | cpio --quiet --null --create --format=newc --owner=+0:+0 --reproducible) \
    | $compressor > "$out/initrd"
