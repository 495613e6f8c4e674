#!/usr/bin/env bash
# Builds a loadgen that needs no library of the host: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/static.sh [-o FILE]

Builds loadgen with everything linked in, for any Linux of this machine's processor, and shows that it runs where there is nothing
else: in an empty root, where that may be made here (unshare). glibc, as in the usual build: another allocator or memcpy would be
another instrument. Names resolve by hosts file and DNS; other name services are not asked. Needs glibc 2.34 or later to build.

  -o FILE  where to put it [default: target/static/loadgen]
  -h       this help
TEXT
}

die() {
  echo "static.sh: $*" >&2
  exit 1
}

cd "$(dirname "$0")/.."
out=target/static/loadgen
while getopts ':o:h' flag; do
  case $flag in
    o) out=$OPTARG ;;
    h) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done

host=$(rustc -vV | sed -n 's/^host: //p')
[[ $host == *-linux-gnu ]] || die "this builds for Linux with glibc, and rustc builds for $host"
# With --target, the flags are the program's alone, not those of procedural macros, which must be libraries.
RUSTFLAGS="${RUSTFLAGS-} -C target-feature=+crt-static" cargo build --release --locked --package loadgen --target "$host"
mkdir -p "$(dirname "$out")"
cp "target/$host/release/loadgen" "$out"
if readelf --program-headers "$out" | grep -q INTERP; then die "$out asks for a dynamic linker"; fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cp "$out" "$root/loadgen"
alone=(unshare --user --map-root-user --root="$root")
if "${alone[@]}" /loadgen --version 2>"$root/why"; then
  "${alone[@]}" /loadgen list >/dev/null
else
  echo "not run in an empty root: $(head -n 1 "$root/why")" >&2
  "$out" --version
fi
echo "$out: $(stat --format=%s "$out") bytes, sha256 $(sha256sum "$out" | cut -d ' ' -f 1)"
