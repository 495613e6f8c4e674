#!/usr/bin/env bash
# How large the programs are: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/size.sh [-h]

Counts the Rust sources without their tests (files below tests/, fuzz_targets/ and examples/, and what is '#[cfg(test)]':
modules in files of their own, and the rest of a file behind its module of tests): physical lines, lines of code (neither blank
nor comment), and names of types (struct, enum, trait, type), each name once.
TEXT
}

case ${1-} in
  '') ;;
  -h | --help) usage && exit ;;
  *) usage >&2 && exit 2 ;;
esac

cd "$(dirname "$0")/.."
# Modules of tests alone, by name: tests, and what else stands in a file of its own.
tests=$(git ls-files '*.rs' | xargs grep -hA1 '^#\[cfg(test)\]' | sed -nE 's/^(pub(\(.*\))? )?mod (\w+);$/\3/p' | sort -u | paste -sd'|')
# shellcheck disable=SC2016 # what is in quotes is awk's
git ls-files '*.rs' | grep -vE "(^|/)(tests|fuzz_targets|examples)/|(^|/)(${tests:-tests})\\.rs\$" | xargs awk '
  FNR == 1 { tested = attribute = 0 }
  attribute { attribute = 0; tested = !/;$/; next }
  !tested && /^#\[cfg\(test\)\]/ { attribute = 1 }
  tested || attribute { next }
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
