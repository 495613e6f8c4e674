#!/usr/bin/env bash
# Measures against a server on another host: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/remote.sh [-p PORT] [-a ADDRESS] [-s PATH] HOST [flags of loadgen compare …]

Starts a pushbench server on HOST over ssh, runs `loadgen compare` against it from here, and ends it.
Records and report are written here, as by any other run; nothing stays on HOST.

  -p PORT     port to listen on there (default: a free one; give one that the firewall lets through)
  -a ADDRESS  how HOST is reached from here (default: HOST without its user)
  -s PATH     a `servers` program that HOST already has; otherwise the one that is built here is copied,
              which needs the same system and CPU family on both ends
  -h          this help

The server listens on every interface of HOST while the run lasts. It asks for a token: PUSHBENCH_TOKEN (16 characters or
more), or a random one. The token goes to HOST through ssh, on standard input, and stands in no command line.
TEXT
}

die() {
  echo "remote.sh: $*" >&2
  exit 1
}

port=0 address='' there=''
while getopts p:a:s:h flag; do
  case $flag in
    p) port=$OPTARG ;;
    a) address=$OPTARG ;;
    s) there=$OPTARG ;;
    h) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[[ $# -gt 0 ]] || { usage >&2 && exit 2; }
host=$1 && shift
address=${address:-${host#*@}}
[[ $host != -* && $port =~ ^[0-9]+$ ]] || die "HOST or PORT is none: '$host', '$port'"

cd "$(dirname "$0")/.."
programs=${CARGO_TARGET_DIR:-target}/release
cargo build --release --quiet --package servers --package loadgen

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
remote_dir=$(ssh "$host" mktemp -d) || die "no shell on $host"
if [[ -z $there ]]; then
  there=$remote_dir/servers
  scp -q "$programs/servers" "$host:$there"
fi

export PUSHBENCH_TOKEN=${PUSHBENCH_TOKEN:-$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')}
mkfifo "$here/stdin" "$here/stdout"
# The first line of standard input is the token; the rest of it, which never comes, is the server's.
serve="read -r PUSHBENCH_TOKEN && export PUSHBENCH_TOKEN; \
'$there' --bind 0.0.0.0:$port --token-env PUSHBENCH_TOKEN --exit-with-stdin; rm -rf '$remote_dir'"
# shellcheck disable=SC2029  # expands here on purpose: the paths were made for this run
ssh "$host" "$serve" <"$here/stdin" >"$here/stdout" &
server=$!

# The server ends with its standard input and its shell then removes the directory, also when the connection is lost.
finish() {
  exec 3>&- 4<&-
  for _ in {1..50}; do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  kill "$server" 2>/dev/null || true
  rm -rf "$here"
}
trap finish EXIT

exec 3>"$here/stdin" 4<"$here/stdout"
echo "$PUSHBENCH_TOKEN" >&3
read -r -t 30 url <&4 || die "no server on $host: see above"
"$programs/loadgen" compare --target "http://$address:${url##*:}" --token-env PUSHBENCH_TOKEN "$@" 3>&- 4<&-
