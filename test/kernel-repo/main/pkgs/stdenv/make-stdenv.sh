export PATH=/usr/bin:/bin
mkdir -p "$out/bin"
cp "$setup" "$out/setup"
for tool in $tools; do
  ln -s "${tool#*=}" "$out/bin/${tool%%=*}"
done
