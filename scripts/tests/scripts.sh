#!/usr/bin/env bash
# Runs the scripts beside this directory with every other program faked: ssh, scp, cargo, sysctl, servers, loadgen.
set -euo pipefail

scripts=$(cd "$(dirname "$0")/.." && pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
mkdir -p "$room"/{bin,host,target/release,repo/scripts}
cp "$scripts"/*.sh "$room/repo/scripts"
export PATH=$room/bin:$PATH CARGO_TARGET_DIR=$room/target TMPDIR=$room/host ROOM=$room

fake() { # path, body from stdin
  { echo '#!/usr/bin/env bash' && cat; } >"$1"
  chmod +x "$1"
}

is() { # what, found, expected
  [[ $2 == "$3" ]] || { printf 'FAILED: %s\n   found: %s\nexpected: %s\n' "$@" && exit 1; }
  echo "ok: $1"
}

has() { # what, text, part
  [[ $2 == *"$3"* ]] || { printf 'FAILED: %s\n   found: %s\n  wanted: %s\n' "$@" && exit 1; }
  echo "ok: $1"
}

status() { # runs a command, says how it ended
  local rc=0
  "$@" >"$room/out" 2>&1 || rc=$?
  echo "$rc"
}

fake "$room/bin/ssh" <<'SH'
echo "$1" >>"$ROOM/hosts"
shift
echo "$*" >>"$ROOM/commands"
exec bash -c "$*"
SH
fake "$room/bin/scp" <<'SH'
exec cp "$2" "${3#*:}"
SH
fake "$room/bin/cargo" <<'SH'
echo "cargo $*" >>"$ROOM/cargo"
out=${*: -1}
case "$*" in
  *bench*--list*) printf '%s: benchmark\n' delivery/sse/64 delivery/floor-sse/64 codec/decode/library-websocket/64 ;;
  bench*) sed "${BENCH_DAMAGE-}" <<'TXT' ;;
Running benches/delivery.rs
delivery/sse/64         time:   [1.1000 µs 1.2000 µs 1.3000 µs]
                        thrpt:  [1.0 Melem/s 1.0 Melem/s 1.0 Melem/s]
delivery/floor-sse/64   time:   [790.00 ns 800.00 ns 810.00 ns]
codec/decode/library-websocket/64
                        time:   [7.9 ns 8.0 ns 8.1 ns]
TXT
  *'reports -- '*) [[ ! ${DRAWS-} ]] || mkdir "$7/charts" ;;
  *compare*--fail*) exit 1 ;;
  *'-- compare'* | *'-- agent'*) printf '{"kind":"run"}\n{"kind":"end"}\n' | gzip >"$out/records.jsonl.gz" && echo page >"$out/report.html" ;;
esac
SH
fake "$room/target/release/servers" <<'SH'
[[ ${SERVER_FAILS-} ]] && echo 'error: cannot listen' >&2 && exit 1
echo "$*" >"$ROOM/server"
echo "${PUSHBENCH_TOKEN-}" >"$ROOM/server-token"
echo http://0.0.0.0:4321
cat >/dev/null
echo ended >>"$ROOM/server"
SH
fake "$room/target/release/loadgen" <<'SH'
echo "$*" >"$ROOM/loadgen"
echo "${PUSHBENCH_TOKEN-}" >"$ROOM/loadgen-token"
cat "$ROOM/server" >"$ROOM/server-meanwhile"
[[ "$*" != *--fail* ]]
SH
fake "$room/bin/sysctl" <<'SH'
echo "$*" >>"$ROOM/sysctl"
case "$2" in
  net.core.somaxconn) echo 65535 ;;
  net.ipv4.ip_local_port_range) printf '1024\t65535\n' ;;
  net.ipv4.tcp_tw_reuse) exit 1 ;;
  *) echo 1 ;;
esac
SH
fake "$room/bin/id" <<'SH'
echo 1000
SH
cd "$room/repo"

is 'remote: a run succeeds' "$(status scripts/remote.sh me@box --quick -o 'a b')" 0
is 'remote: loadgen measures the host at the port that the server took' \
  "$(<"$room/loadgen")" 'compare --target http://box:4321 --token-env PUSHBENCH_TOKEN --quick -o a b'
is 'remote: the server ran meanwhile' \
  "$(<"$room/server-meanwhile")" '--bind 0.0.0.0:0 --token-env PUSHBENCH_TOKEN --exit-with-stdin'
is 'remote: both ends have one token, of 48 digits' "$(wc -c <"$room/server-token") $(<"$room/loadgen-token")" \
  "49 $(<"$room/server-token")"
is 'remote: the token is in no command line' \
  "$(grep -cf "$room/server-token" "$room/server-meanwhile" "$room/loadgen" "$room/commands" | cut -d: -f2 | sort -u)" 0
is 'remote: the server ended with its standard input' "$(tail -n 1 "$room/server")" ended
is 'remote: every ssh went to the host' "$(sort -u "$room/hosts")" me@box
is 'remote: nothing stays on either end' "$(ls "$room/host")" ''
is 'remote: a token can be given' \
  "$(PUSHBENCH_TOKEN=0123456789abcdef status scripts/remote.sh box; cat "$room/server-token")" $'0\n0123456789abcdef'
is 'remote: port and address can be given' "$(status scripts/remote.sh -p 99 -a 10.0.0.7 box)" 0
has 'remote: the address is used' "$(<"$room/loadgen")" 'http://10.0.0.7:4321'
has 'remote: the port is used' "$(<"$room/server")" '--bind 0.0.0.0:99'
is 'remote: a program of the host is used' \
  "$(status scripts/remote.sh -s "$room/target/release/servers" box)" 0
is 'remote: a failed run is a failure' "$(status scripts/remote.sh box --fail)" 1
is 'remote: … after which the server has ended, too' "$(tail -n 1 "$room/server")" ended
is 'remote: a server that cannot start is a failure' "$(SERVER_FAILS=1 status scripts/remote.sh box)" 1
has 'remote: … with one clear line' "$(<"$room/out")" 'remote.sh: no server on box'
is 'remote: still nothing stays' "$(ls "$room/host")" ''
is 'remote: no host is an error' "$(status scripts/remote.sh)" 2
is 'remote: an option is no host' "$(status scripts/remote.sh -- -oProxyCommand=x)" 1

is 'tune-host: shows' "$(status scripts/tune-host.sh)" 0
has 'tune-host: more than wanted is fine' "$(grep somaxconn "$room/out")" 'ok '
has 'tune-host: a wider range of ports is fine' "$(grep port_range "$room/out")" 'ok '
has 'tune-host: what is not there is said' "$(grep tw_reuse "$room/out")" 'not here'
has 'tune-host: what would change is marked' "$(grep slow_start "$room/out")" 'change '
is 'tune-host: only root may apply' "$(status scripts/tune-host.sh --apply)" 1
is 'tune-host: nothing was set' "$(grep -ce -qw "$room/sysctl" || true)" 0

git init -q . && git add . && git -c user.name=test -c user.email=test@localhost commit -qm 'a commit'
published=reports/published/$(date +%F)-box
echo 'no markers' >README.md
is 'publish: a README without markers is refused' "$(status scripts/publish.sh -n box)" 1
is 'publish: … before anything is measured' "$(grep -c compare "$room/cargo" || true)" 0
printf '<!-- pushbench:table -->\n<!-- /pushbench:table -->\n' >README.md
echo '# edited' >>scripts/remote.sh
is 'publish: a commit that nobody else has is refused' "$(status scripts/publish.sh -n box)" 1
has 'publish: … and says what was changed' "$(<"$room/out")" 'scripts/remote.sh'
git checkout -q scripts
is 'publish: a failed run publishes nothing' "$(status scripts/publish.sh -n box --fail; ls)" $'1\nREADME.md\nscripts'
is 'publish: a run is published' "$(status scripts/publish.sh -n box --quick)" 0
is 'publish: records, page and host facts are there' "$(ls "$published")" $'records.jsonl.gz\nreport.html\nrun.json'
has 'publish: the self-check replays what was measured' "$(grep selfcheck "$room/cargo")" 'selfcheck --records'
is 'publish: the first record is the run' "$(<"$published/run.json")" '{"kind":"run"}'
has 'publish: the table is spliced' "$(tail -n 1 "$room/cargo")" "reports -- $published --splice README.md"
has 'publish: says what to commit' "$(<"$room/out")" "git add $published README.md"
is 'publish: never over an older run' "$(status scripts/publish.sh -n box)" 1
printf '<!-- pushbench:agent -->\n<!-- /pushbench:agent -->\n' >reports/published/README.md
is 'publish: tool loops have a part of their own' "$(status scripts/publish.sh -n loops agent --turns 3)" 0
has 'publish: … and are run by their command' "$(grep -- '-- agent' "$room/cargo")" '-- agent --turns 3 -o'
has 'publish: … which stands among the results' "$(tail -n 1 "$room/cargo")" '--splice reports/published/README.md'
is 'publish: a run for a part that the page lacks is refused' "$(status scripts/publish.sh -n streams --plan llm)" 1
has 'publish: … and says which' "$(<"$room/out")" 'reports/published/README.md has no line <!-- pushbench:streams'
is 'publish: a plan without a part of its own is published beside it' "$(status scripts/publish.sh -n shapes --plan workloads)" 0
has 'publish: … and leaves pages alone' "$(tail -n 1 "$room/cargo")" '-shapes'
printf '[report](%s/report.html)\n<!-- pushbench:table -->\n<!-- /pushbench:table -->\n' "$published" >README.md
printf '[report](%s-loops/report.html)\n<!-- pushbench:agent -->\n<!-- /pushbench:agent -->\n' "$(date +%F)" >reports/published/README.md
is 'rerender: every run is rendered' "$(DRAWS=1 status scripts/rerender.sh)" 0
has 'rerender: the table goes into README' "$(<"$room/cargo")" "reports -- $published --splice README.md"
has 'rerender: … other parts among the results' "$(tail -n 3 "$room/cargo")" '-loops --splice reports/published/README.md'
is 'rerender: … and a run without a part into neither' "$(tail -n 3 "$room/cargo" | grep -c -- --splice)" 2
is 'publish: a name is no path' "$(status scripts/publish.sh -n ../box)" 1

is 'replicate: a run is added' "$(status scripts/replicate.sh --quick)" 0
has 'replicate: … with the number of the run as its seed' "$(grep -- '-- compare --seed' "$room/cargo")" '-- compare --seed 1 --quick -o '
has 'replicate: … to the committed set' "$(tail -n 1 "$room/cargo")" '--into reports/published/replicates'
mkdir -p reports/published/replicates && touch reports/published/replicates/{a,b,spread}.json
is 'replicate: the next one draws anew' "$(status scripts/replicate.sh; grep -c -- '--seed 3 -o' "$room/cargo")" $'0\n1'
is 'replicate: a seed can be given' "$(status scripts/replicate.sh --seed 9; grep -c -- 'compare --seed 9' "$room/cargo")" $'0\n1'
is 'replicate: several runs draw anew, each for itself' "$(status scripts/replicate.sh --runs 2; grep -cE -- '--seed (3|4) -o' "$room/cargo")" $'0\n3'
is 'replicate: … and are added together' "$(tail -n 1 "$room/cargo" | grep -o "$room/host" | wc -l)" 2
is 'replicate: a number of runs must be one' "$(status scripts/replicate.sh --runs some)" 1
is 'replicate: a failed run adds nothing' "$(status scripts/replicate.sh --fail; tail -n 1 "$room/cargo" | grep -c replicate)" $'1\n0'
echo '# edited' >>scripts/remote.sh
is 'replicate: a commit that nobody else has is refused' "$(status scripts/replicate.sh)" 1
git checkout -q scripts

fake "$room/loadgen" <<'SH'
echo "$*" >>"$ROOM/measured"
cp "$3" "$ROOM/plan-$(wc -l <"$ROOM/measured")"
[[ "$*" != *--fail* ]]
SH
fake "$room/reports" <<'SH'
echo "$*" >>"$ROOM/studied"
[[ "$*" != *--calibrate* ]] || { echo 1234 && exit; }
mkdir -p "$3"
case ${4-} in
  --null | --burn) echo '{}' >>"$3/${4#--}.jsonl" ;;
  --short-long) grep -o 'name = "[a-z]*/long"' "$ROOM/plan-$(wc -l <"$ROOM/measured")" | sed 's|.*"\(.*\)/long"|"load": "\1"|' >>"$3/short-long.json" ;;
  --layout) echo '[]' >"$3/layout.json" ;;
  '') echo page >"$3/README.md" ;;
esac
SH
export LOADGEN=$room/loadgen REPORTS=$room/reports
study=reports/published/study
measured() { wc -l <"$room/measured"; }
is 'study: without a flag the page alone is written' "$(status scripts/study.sh; ls "$study")" $'0\nREADME.md'
is 'study: null runs' "$(status scripts/study.sh --null 2; wc -l <"$study/null.jsonl"; measured)" $'0\n2\n2'
has 'study: … each with a seed of its own' "$(tail -n 1 "$room/measured")" '--seed 2 --preflight quick'
is 'study: what is kept is not measured again' "$(status scripts/study.sh --null 3; measured)" $'0\n3'
is 'study: runs with a burden, after one to calibrate' "$(status scripts/study.sh --burn 2; wc -l <"$study/burn.jsonl"; measured)" $'0\n2\n6'
has 'study: … burn what that found' "$(<"$room/plan-6")" 'faults = "burn:1234ns"'
is 'study: flags are passed on' "$(status scripts/study.sh --short-long -- --allow-debug; grep -c -- '--allow-debug' "$room/measured")" $'0\n2'
has 'study: short trials stand beside long ones' "$(<"$room/plan-7")" 'window = "2s"'
is 'study: … of two loads' "$(grep -c 'connections = 20' "$room/plan-8")" 2
is 'study: … once' "$(status scripts/study.sh --short-long; measured)" $'0\n8'
mkdir -p reports/published/2026-01-0{1,2}-host && touch reports/published/2026-01-0{1,2}-host/selfcheck.json
is 'study: layouts are those of the last published comparison' "$(status scripts/study.sh --layout; tail -n 2 "$room/studied" | head -n 1)" $'0\nstudy --into reports/published/study --layout reports/published/2026-01-02-host'
is 'study: a failed run ends it' "$(status scripts/study.sh --null 9 -- --fail; wc -l <"$study/null.jsonl")" $'1\n3'
is 'study: a number must be one' "$(status scripts/study.sh --null many)" 1
unset LOADGEN REPORTS

is 'bench: benches that report a time succeed' "$(status scripts/bench.sh -q)" 0
has 'bench: -q is short, but for real' "$(tail -n 1 "$room/cargo")" '--benches -- --warm-up-time 0.1 --measurement-time'
has 'bench: the share of the floor is shown' "$(<"$room/out")" '1.50 of the floor'
has 'bench: all are counted, long names too' "$(<"$room/out")" '3 of 3 benches report a time above zero'
is 'bench: a time of zero is a failure' "$(BENCH_DAMAGE='s/7.9 ns 8.0/0.0 ps 0.0000/' status scripts/bench.sh)" 1
has 'bench: … and says which' "$(<"$room/out")" 'codec/decode/library-websocket/64 reports no time above zero'
is 'bench: a bench that reports nothing is a failure' "$(BENCH_DAMAGE='/floor-sse/d' status scripts/bench.sh)" 1
has 'bench: … and is named, too' "$(<"$room/out")" 'delivery/floor-sse/64 reports no time above zero'
has 'bench: a filter is passed on, to both' "$(status scripts/bench.sh codec; tail -n 2 "$room/cargo")" '--list codec'

fake "$room/loadgen" <<'SH'
[[ $1 == serve ]] && echo http://127.0.0.1:4321 && exec cat >/dev/null
echo "$*" >>"$ROOM/read"
sleep 5
[[ ${READER_FAILS-} ]] && exit 1
mkdir -p "${*: -1}" && echo '{"counters":{"connections":2,"received":40},"timeline":[{"received":7}]}' | gzip >"${*: -1}/records.jsonl.gz"
cat <<'TXT'
  window       4.00 s, 40 events
                                        p50       p90       p99     p99.9       max
  response time                     42.5 µs   50.0 µs   0.45 ms   1.00 ms   2.00 ms
TXT
SH
fake "$room/floor-reader" <<'SH'
echo "floor $*" >>"$ROOM/read"
sleep 5
echo '{"events":40,"damaged":0,"payload_bytes":1,"socket_bytes":1,"head_bytes":1,"p50_ns":30000,"p99_ns":90000,"lateness_p50_ns":1}'
SH
fake "$room/bin/tcpkali" <<'SH'
echo "tcpkali ${*: -1}" >>"$ROOM/read"
sleep 5
printf 'Aggregate message rate: 10.0↓, 0.000↑ mps\nMessage latency at percentiles: 0.1/0.3 ms (50/99%%)\nTest duration: 4 s.\n'
SH
fake "$room/bin/k6" <<'SH'
echo "k6 $STREAM" >>"$ROOM/read"
sleep 5
echo 'events 40, response p50 -0.4 ms, p99 15.4 ms, max 16.0 ms'
SH
fake "$room/bin/curl" <<'SH'
echo >>"$ROOM/asked"
echo "{\"events_sent\":$(wc -l <"$ROOM/asked")}"
SH
printf 'head\n<!-- peers -->\nold\n<!-- /peers -->\ntail\n' >"$room/page.md"
export LOADGEN=$room/loadgen FLOOR_READER=$room/floor-reader PUSHBENCH_PEERS=$room/none
peers() { status env PATH="$room/bin:/usr/bin:/bin" scripts/peers.sh -c 2 -r 5 -s 1 -n 1 -o "$room/page.md"; }
is 'peers: what is installed reads, over what it knows' "$(peers; wc -l <"$room/read")" $'0\n7'
has 'peers: … asked for streams that start together' "$(<"$room/read")" 'k6 ws://127.0.0.1:4321/websocket?rate=5&count=20&payload=96&marker=tcpkali'
has 'peers: … by the GET of SSE, too' "$(<"$room/page.md")" '| tcpkali | sse |'
has 'peers: the floor is asked for the same load' "$(<"$room/read")" 'floor 127.0.0.1:4321 websocket 2 5 20 96'
is 'peers: the table stands between the marks' "$(sed -n '1,2p;$p' "$room/page.md")" $'head\n<!-- peers -->\ntail'
for figures in '| 42 | 450 | 40 of ' '| 30 | 90 | 40 of ' '| 100 | 300 | 40 of ' '| -400 | 15400 | 40 of '; do
  has 'peers: … with times in µs and counts' "$(<"$room/page.md")" "$figures"
done
has 'peers: … and what is not installed, with how to' "$(<"$room/page.md")" '| artillery | not installed: scripts/peers.sh --install'
is 'peers: … in place of the last one' "$(grep -cx old "$room/page.md")" 0
is 'peers: a reader that fails is a failure' "$(READER_FAILS=1 peers)" 1
has 'peers: … that names it' "$(<"$room/out")" 'peers.sh: loadgen failed over'
echo none >"$room/page.md"
is 'peers: a page without marks is refused' "$(peers)" 1
is 'peers: a number must be one' "$(status scripts/peers.sh -c many)" 2
unset LOADGEN FLOOR_READER PUSHBENCH_PEERS

mkdir -p loadgen/fuzz/fuzz_targets loadgen/fuzz/seeds/sse "$room/report"
touch loadgen/fuzz/fuzz_targets/{sse,record}.rs
is 'fuzz: an unknown target is refused' "$(status scripts/fuzz.sh nosuch)" 2
is 'fuzz: one without inputs to begin with, too' "$(status scripts/fuzz.sh record)" 2
is 'fuzz: time is in whole seconds' "$(status scripts/fuzz.sh -t 1m sse)" 2
is 'fuzz: targets are built as the lock file has them' "$(status scripts/fuzz.sh -b sse; tail -n 1 "$room/cargo" | cut -d' ' -f1-4)" \
  $'0\ncargo build --release --locked'
is 'screenshots: both directories are needed' "$(status scripts/screenshots.sh "$room/report")" 2
is 'screenshots: no report, no pictures' "$(status scripts/screenshots.sh "$room/pictures" "$room/report")" 1
echo page >"$room/report/report.html"
is 'screenshots: what is missing has a status of its own' "$(status env CHROMIUM=/bin/true PATH="$room/none" /bin/bash scripts/screenshots.sh "$room/pictures" "$room/report")" 3

mkdir -p "$room/sources/src/tests"
printf '//! Words.\n\n#[cfg(test)]\nmod rig;\nstruct A;\n#[cfg(test)]\nmod tests {\n    struct C;\n}\n' >"$room/sources/src/lib.rs"
printf 'enum B {}\n' | tee "$room/sources/src/rig.rs" >"$room/sources/src/tests/b.rs"
cp -r scripts "$room/sources/scripts"
git -C "$room/sources" init -q && git -C "$room/sources" add .
is 'size: tests do not count' "$("$room/sources/scripts/size.sh")" '3 physical lines, 1 of code, 1 names of types'

for script in remote tune-host publish replicate study peers llm-peers bench autobahn fuzz screenshots size; do
  is "$script: has help" "$(status "scripts/$script.sh" -h; head -n 1 "$room/out" | cut -d' ' -f1-2)" \
    $'0\nusage: scripts/'"$script.sh"
done
