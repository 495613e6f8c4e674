#!/usr/bin/env bash
# Measures whether verdicts hold: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/study.sh [--short-long] [--layout] [--null N] [--burn N] [--coverage] [-- flags of loadgen compare …]

Measures what is asked for, keeps it in reports/published/study/ and writes README.md there. What is kept already is not measured
again, and runs are added until there are N: an interrupted study goes on where it was. Without a flag only the page is written.
Needs a quiet machine.

  --short-long  60 blocks of short trials (0.15 s + 0.3 s) and of long ones (0.5 s + 2 s), interleaved, of one reader and of twenty
                busy ones; 14 minutes
  --layout      what of the drawn layout moves a figure of the published comparison; no load, a minute
  --null N      N runs of eight blocks of two copies of one arm; six seconds each, 200 in 20 minutes
  --burn N      N runs of sixty blocks of twenty busy readers in which one arm burns 5 % more CPU for each event, eighty seconds
                each, after one that finds out how much that is
  --coverage    simulated coverage, risk and power, and the null arms of published runs replayed; no load, two minutes
  -h            this help

LOADGEN and REPORTS, both of them, name programs to use in place of a release build.
TEXT
}

die() {
  echo "study.sh: $*" >&2
  exit 1
}

number() { [[ ${1-} =~ ^[1-9][0-9]*$ ]] || die "'${1-}' is no number of runs"; echo "$1"; }

short_long='' layout='' null=0 burn=0 coverage=''
while [[ $# -gt 0 ]]; do
  case $1 in
    --short-long) short_long=1 ;;
    --layout) layout=1 ;;
    --null)
      null=$(number "${2-}")
      shift
      ;;
    --burn)
      burn=$(number "${2-}")
      shift
      ;;
    --coverage) coverage=1 ;;
    --) shift && break ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done
flags=("$@")

cd "$(dirname "$0")/.."
kept=reports/published/study
family=loadgen/plans/standard.toml
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
if [[ ! ${LOADGEN-} || ! ${REPORTS-} ]]; then
  cargo build --release --locked -p loadgen -p reports
  built=${CARGO_TARGET_DIR:-target}/release
fi
loadgen=${LOADGEN:-$built/loadgen} reports=${REPORTS:-$built/reports}

# Published comparisons, the last one last: they alone have a self-check beside them.
mapfile -t published < <(find reports/published -name selfcheck.json -printf '%h\n' | sort)

say() { printf '%s, %d s so far: %s\n' "$(date +%T)" "$SECONDS" "$*"; }

# cell LOAD NAME WHY KEYS…: a cell of the load of latency/single or latency/busy, on standard output.
declare -A loads=([single]='rate = 2000' [busy]=$'connections = 20\nrate = 1000')
cell() {
  printf '[[cell]]\nname = "%s"\nwhy = "%s"\nscenario = "push"\n%s\npayload = 128\n' "$2" "$3" "${loads[$1]}"
  printf '%s\n' "${@:4}"
}

# plan NAME WHY: the head of a plan.
plan() { printf 'name = "%s"\nwhy = "%s"\n' "$1" "$2"; }

# run PLAN SEED: measures a plan into $room/run.
run() {
  rm -rf "$room/run"
  "$loadgen" compare --plan "$1" --seed "$2" --preflight quick --json -o "$room/run" "${flags[@]}" >/dev/null 2>"$room/said" ||
    die "a run failed: $(tail -n 1 "$room/said")"
}

study() { "$reports" study --into "$kept" "$@" >/dev/null; }

lines() { if [[ -f $kept/$1 ]]; then wc -l <"$kept/$1"; else echo 0; fi; }

if [[ $short_long ]]; then
  both='arms = ["sse", "websocket"]' blocks='blocks = 60'
  for load in single busy; do
    if grep -qs "\"load\": \"$load\"" "$kept/short-long.json"; then continue; fi
    say "short and long trials of one load ($load), 60 blocks of each, seven minutes"
    {
      plan short-long 'whether short trials say what long ones say'
      cell "$load" "$load/long" 'long trials' "$both" 'null = false' "$blocks" 'warmup = "500ms"' 'window = "2s"'
      cell "$load" "$load/short" 'the same load in short trials' "$both" 'null = false' "$blocks" 'warmup = "150ms"' 'window = "300ms"'
    } >"$room/plan.toml"
    run "$room/plan.toml" 1
    study --short-long "$room/run"
  done
fi

if [[ $layout ]]; then
  say 'what of the layout moves a figure of the published comparison'
  study --layout "${published[-1]}"
fi

if ((null > $(lines null.jsonl))); then
  say "$(lines null.jsonl) of $null null runs are kept; $((6 * (null - $(lines null.jsonl)))) s to go"
  {
    plan null 'two copies of one arm'
    cell single study/null 'two copies of one arm' 'arms = ["sse"]' 'null = true' 'blocks = 8' 'warmup = "50ms"' 'window = "100ms"'
  } >"$room/plan.toml"
  while ((null > $(lines null.jsonl))); do
    run "$room/plan.toml" "$(($(lines null.jsonl) + 1))"
    study --null "$room/run"
    (($(lines null.jsonl) % 10)) || say "$(lines null.jsonl) null runs"
  done
fi

# burning NANOSECONDS BLOCKS: a plan of two cells, the second of which burns so much for each event.
burning() {
  local keys=('arms = ["sse"]' 'null = false' "blocks = $2" 'warmup = "150ms"' 'window = "300ms"')
  plan burn 'a known burden in one arm'
  cell busy study/plain 'the load' "${keys[@]}"
  cell busy study/burned 'the same load, and CPU burned for each event' "${keys[@]}" "faults = \"burn:${1}ns\""
}

if ((burn > $(lines burn.jsonl))); then
  say "$(lines burn.jsonl) of $burn runs with a burden are kept; $((80 * (burn - $(lines burn.jsonl) + 1))) s to go"
  burning 500 60 >"$room/plan.toml"
  run "$room/plan.toml" 1000
  nanoseconds=$("$reports" study --into "$kept" --burn "$room/run" --family-of "$family" --calibrate 0.05)
  say "5 % more CPU for each event is $nanoseconds ns to burn"
  burning "$nanoseconds" 60 >"$room/plan.toml"
  while ((burn > $(lines burn.jsonl))); do
    run "$room/plan.toml" "$(($(lines burn.jsonl) + 1))"
    study --burn "$room/run" --family-of "$family"
    say "$(lines burn.jsonl) runs with a burden"
  done
fi

if [[ $coverage ]]; then
  say 'simulated coverage'
  mkdir -p "$kept"
  cargo run --release --quiet --locked -p reports --example statistics -- "${published[@]}" >"$room/coverage.md"
  mv "$room/coverage.md" "$kept/coverage.md"
fi

study
say "$kept/README.md is written"
