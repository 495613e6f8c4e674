#!/usr/bin/env bash
# How large the programs are: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/size.sh [-h]

Counts the Rust sources of servers, loadgen, reports and benches without their tests (files below tests/, tests.rs, and what
follows a line '#[cfg(test)]'): physical lines, lines of code (neither blank nor comment), and names of types (struct, enum,
trait, type), each name once.
TEXT
}

case ${1-} in
  '') ;;
  -h | --help) usage && exit ;;
  *) usage >&2 && exit 2 ;;
esac

cd "$(dirname "$0")/.."
# shellcheck disable=SC2016 # what is in quotes is awk's
git ls-files '*.rs' | grep -vE '(^|/)(tests|fuzz_targets|examples)/|(^|/)(tests|samples|rig)\.rs$' | xargs awk '
  FNR == 1 { tested = 0 }
  /^#\[cfg\(test\)\]/ { tested = 1 }
  tested { next }
  { physical++ }
  /^[ \t]*(\/\/.*)?$/ { next }
  { code++ }
  match($0, /^[ \t]*(pub(\([a-z ]+\))? )?(struct|enum|trait|type) [A-Z][A-Za-z0-9]*/) {
    count = split(substr($0, RSTART, RLENGTH), words, " ")
    types[words[count]] = 1
  }
  END {
    names = 0
    for (name in types) names++
    printf "%d physical lines, %d of code, %d names of types\n", physical, code, names
  }'
