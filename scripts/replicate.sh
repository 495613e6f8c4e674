#!/usr/bin/env bash
# Adds one run to the committed set of replicates: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/replicate.sh [flags of loadgen compare …]

Runs the default comparison once more and adds what it says (headline figures, no histograms: some 10 kB) to
reports/published/replicates/, whose page and spread between runs are written again. The seed is the number of the run in the set,
so that each run draws its own order and layouts; --seed gives another. Takes as long as the run, five minutes with the default
plan. Commits nothing.

  -h  this help
TEXT
}

die() {
  echo "replicate.sh: $*" >&2
  exit 1
}

case ${1-} in -h | --help) usage && exit ;; esac

cd "$(dirname "$0")/.."
set=reports/published/replicates
# A published number names the commit that anybody can build again. What is published is no part of the programs.
changed=$(git status --porcelain --untracked-files=no -- . ':!README.md' ':!reports/published') || die 'this is no checkout'
[[ -z $changed ]] || die "commit or undo what was changed first: $changed"

mkdir -p "$set"
known=$(find "$set" -name "*.json" ! -name spread.json | wc -l)
seed=(--seed "$((known + 1))")
[[ " $* " != *' --seed'* ]] || seed=()

results=$(mktemp -d)
cargo run --release -- compare "${seed[@]}" "$@" -o "$results" || die "the run failed; what it measured is in $results"
cargo run --release --quiet --package reports -- replicate "$results" --into "$set"
rm -rf "$results"

echo
echo "Added. To keep it: git add $set && git commit -m 'Add a replicate'"
