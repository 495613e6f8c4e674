#!/usr/bin/env bash
# Runs the benches and holds them to a time above zero: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/bench.sh [-q] [FILTER] [CRITERION'S FLAGS]

'cargo bench', and a check: every bench that is to run (all, or those whose names contain FILTER) reports a time, and it is
above zero. Then what our servers and clients cost, divided by what a plain writer and reader cost (the floor).

  -q    every bench for real, but for a third of a second only: whether they work, not what things cost
TEXT
}

short=()
while getopts qh flag; do
  case $flag in
    q) short=(--warm-up-time 0.1 --measurement-time 0.2 --sample-size 10 --nresamples 1000) ;;
    h) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
shift $((OPTIND - 1))

cd "$(dirname "$0")/.."
cargo=(cargo bench --locked -p benches --benches --)
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
"${cargo[@]}" --list "$@" | sed -n 's/: benchmark$//p' >"$kept/names"
"${cargo[@]}" "${short[@]}" "$@" | tee "$kept/out"

# A line is 'NAME time: [LOW MIDDLE HIGH]', in two where the name is long; each of the three has its unit.
awk '
  FNR == NR { expected[++n] = $1; next }
  match($0, /time: +\[/) {
    name = $1 == "time:" ? last : $1
    split(substr($0, RSTART + RLENGTH), figure, " ")
    if (figure[3] > 0 && figure[4] in unit) ns[name] = figure[3] * unit[figure[4]]
  }
  { last = $1 }
  BEGIN { unit["ps"] = 1e-3; unit["ns"] = 1; unit["us"] = unit["µs"] = 1e3; unit["ms"] = 1e6; unit["s"] = 1e9 }
  END {
    for (i = 1; i <= n; i++) {
      name = expected[i]
      if (ns[name] > 0) timed++; else print "bench.sh: " name " reports no time above zero"
      floor = name; sub(/\//, "/floor-", floor)
      if (ns[name] > 0 && ns[floor] > 0) printf "%-24s %.2f of the floor\n", name, ns[name] / ns[floor]
    }
    print timed + 0 " of " n + 0 " benches report a time above zero"
    exit n == 0 || timed < n
  }
' "$kept/names" "$kept/out"
