# Builder of modules-closure.nix. In the environment: kernel, rootModules, allowMissing, out.
source $stdenv/setup

# Asks kmod which files a module needs, in loading order. `builtin NAME` lines are modules inside the image.
dependenciesOf() {
    /usr/sbin/modprobe --config /dev/null --dirname "$kernel" --set-version "$version" --show-depends "$1"
}

if ! test -d "$kernel/lib/modules"; then
    if test -z "$rootModules" || test -n "$allowMissing"; then
        mkdir -p "$out"
        exit 0
    fi
    echo "Can not derive a closure of kernel modules because no modules were provided." >&2
    exit 1
fi

version=$(cd "$kernel/lib/modules" && ls -d *)
echo "kernel version is $version"

mkdir -p "$out"
: > files
for module in $rootModules; do
    echo "root module: $module"
    if ! dependenciesOf "$module" > dependencies 2> message; then
        if test -z "$allowMissing"; then
            cat message >&2
            exit 1
        fi
        echo "WARNING: $(cat message)"
        continue
    fi
    sed -n 's/^insmod \([^ ]*\).*/\1/p' dependencies >> files
done

# A module may be needed by several: the first place in the loading order counts.
awk '!seen[$0]++' files > unique
if ! test -s unique; then
    exit 0
fi

while read -r file; do
    target=$out/lib/modules/$version${file#"$kernel/lib/modules/$version"}
    mkdir -p "$(dirname "$target")"
    cp "$file" "$target"
    basename "$file" >> "$out/insmod-list"
done < unique

cp "$kernel/lib/modules/$version/modules."{builtin.modinfo,builtin,order} "$out/lib/modules/$version/"
/usr/sbin/depmod --config /dev/null --basedir "$out" "$version"
