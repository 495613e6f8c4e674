#!/usr/bin/env bash
# The WebSocket conformance suite of Autobahn against the server and against the lean client: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/autobahn.sh [-s]

Runs Autobahn's cases (the Python package kosoku, installed into a directory of its own) against `servers` and against
the lean client of loadgen, and fails unless every case is passed strictly, but for those that are known and named below.

  -s   only a sample: framing, pings, reserved bits, opcodes, fragments and closing, without UTF-8 and sizes
  -h   this help

Compression (12, 13) is left out, for neither end has it.
TEXT
}

sample=() least_server=301 least_client=247
while getopts sh flag; do
  case $flag in
    s) sample=(-x '6.*' -x '9.*' -x '10.*') least_server=80 least_client=80 ;;
    h) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done

version=0.1.0
# Invalid UTF-8 is refused, but late by tungstenite: when its frame has come whole.
known_server='6.4.3 6.4.4' known_client=''
# 16 MiB messages are part of the suite.
largest=$((32 << 20))

cd "$(dirname "$0")/.."
command -v python3 >/dev/null || { echo "autobahn.sh: python3 is missing (Debian: apt-get install python3-venv)" >&2; exit 1; }
room=$(mktemp -d)
server='' fuzzer=''
finish() {
  exec 3>&-
  for process in $server $fuzzer; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$room"
}
trap finish EXIT

cargo build --locked --quiet --package servers --package loadgen --bin servers --example autobahn
programs=${CARGO_TARGET_DIR:-target}/debug
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check "kosoku==$version"
kosoku=$room/venv/bin/kosoku
left_out=(-x '12.*' -x '13.*' "${sample[@]}")

# Prints what became of the cases of a report; fails unless all are strict, or informational, or known.
judge() { # directory, least number of cases, known ones
  python3 - "$1/index.json" "$2" "$3" <<'PYTHON'
import collections, json, sys

path, least, known = sys.argv[1], int(sys.argv[2]), sys.argv[3].split()
cases = {name: case for agent in json.load(open(path)).values() for name, case in agent.items()}
fine = {"OK", "INFORMATIONAL"}
bad = {
    name: (case["behavior"], case["behaviorClose"])
    for name, case in cases.items()
    if case["behaviorClose"] not in fine
    or case["behavior"] not in fine | ({"NON-STRICT"} if name in known else set())
}
print(len(cases), "cases:", dict(collections.Counter(case["behavior"] for case in cases.values())))
for name, (behavior, close) in bad.items():
    print(f"case {name}: {behavior}, closing {close}")
sys.exit(bool(bad) or len(cases) < least)
PYTHON
}

mkfifo "$room/stdin"
exec 3<>"$room/stdin"
"$programs/servers" --threads 1 --max-request $largest --exit-with-stdin <"$room/stdin" >"$room/url" 3>&- &
server=$!
for _ in {1..100}; do [[ -s $room/url ]] && break; sleep 0.1; done
url=$(head -n 1 "$room/url")
[[ $url == http* ]] || { echo "autobahn.sh: the server did not start" >&2; exit 1; }
echo "the server:"
timeout 240 "$kosoku" -m fuzzingclient "${left_out[@]}" -o "$room/server" \
  "ws${url#http}/websocket?schedule=idle&heartbeat=off" >"$room/log" 2>&1 || true
judge "$room/server" $least_server "$known_server" || { cat "$room/log" >&2; exit 1; }
# What judges must be able to find fault: without the known cases it does.
if [[ ${#sample[@]} -eq 0 ]] && judge "$room/server" $least_server '' >"$room/control"; then
  echo "autobahn.sh: the judge finds no fault where there is one" >&2
  exit 1
fi

# Sizes (9) are the fuzzing server's own speed with this client.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$kosoku" -m fuzzingserver -x '9.*' "${left_out[@]}" -o "$room/client" "127.0.0.1:$port" >"$room/log" 2>&1 &
fuzzer=$!
for _ in {1..100}; do (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.1; done
echo "the client:"
timeout 240 "$programs/examples/autobahn" "127.0.0.1:$port" loadgen
judge "$room/client" $least_client "$known_client" || { cat "$room/log" >&2; exit 1; }
