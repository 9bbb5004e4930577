#!/bin/sh
# Makes an image of one program, as `docker save` would write it.
#
# image.sh ARCHIVE NAME PROGRAM PATH [ARGUMENT...]: the program lies at PATH and is run with the arguments.
# Libraries that it is linked against come along.
set -eu
archive=$1 name=$2 program=$3 path=$4
shift 4
work=
trap '[ -z "$work" ] || rm -r "$work"' EXIT
# By themselves, signals would skip the above.
trap 'trap "" HUP INT TERM; exit 130' HUP INT TERM
work=$(mktemp -d)

root=$work/root
mkdir -p "$root/tmp" "$root$(dirname "$path")"
chmod 1777 "$root/tmp"
cp -L "$program" "$root$path"
# A static program has none.
for library in $(ldd "$program" 2>/dev/null | grep -o '/[^ ]*'); do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
tar -C "$root" --owner=0 --group=0 -cf "$work/layer.tar" .
digest=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
command="\"$path\""
for word; do command="$command, \"$word\""; done
cat > "$work/config.json" <<JSON
{ "architecture": "$(dpkg --print-architecture 2>/dev/null || echo amd64)", "os": "linux",
  "config": { "Entrypoint": [$command], "Env": ["PATH=/bin:/"] },
  "rootfs": { "type": "layers", "diff_ids": ["sha256:$digest"] } }
JSON
cat > "$work/manifest.json" <<JSON
[{ "Config": "config.json", "RepoTags": ["$name"], "Layers": ["layer.tar"] }]
JSON
tar -C "$work" -cf "$archive" manifest.json config.json layer.tar
