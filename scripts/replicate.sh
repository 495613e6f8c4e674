#!/usr/bin/env bash
# Adds runs to the committed set of replicates: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/replicate.sh [--runs N] [flags of loadgen compare …]

Runs the default comparison once more and adds what it says (headline figures, no histograms: some 5 kB) to
reports/published/replicates/, whose page and spread between runs are written again. The seed is the number of the run in the set,
so that each run draws its own order and layouts; --seed gives another. Takes as long as the run, five minutes with the default
plan. Commits nothing.

  --runs N  N runs, one after the other; they are added at the end, or at Ctrl-C: the programs carry the spread, so that a run that
            is added has the next one wait for a build
  -h        this help
TEXT
}

die() {
  echo "replicate.sh: $*" >&2
  exit 1
}

runs=1
case ${1-} in
  -h | --help) usage && exit ;;
  --runs)
    [[ ${2-} =~ ^[1-9][0-9]*$ ]] || die "'${2-}' is no number of runs"
    runs=$2
    shift 2
    ;;
esac

cd "$(dirname "$0")/.."
set=reports/published/replicates
# A published number names the commit that anybody can build again. Of what is published the programs carry the spread alone.
changed=$(git status --porcelain --untracked-files=no -- . ':!README.md' ':!reports/published' &&
  git status --porcelain --untracked-files=no -- "$set/spread.json") || die 'this is no checkout'
[[ -z $changed ]] || die "commit or undo what was changed first: $changed"

mkdir -p "$set"
known=$(find "$set" -name "*.json" ! -name spread.json | wc -l)
finished=()
add() {
  ((${#finished[@]})) || return 0
  cargo run --release --quiet --package reports -- replicate "${finished[@]}" --into "$set"
  rm -rf "${finished[@]}"
  echo
  echo "Added: ${#finished[@]} of $runs. To keep what was added: git add $set && git commit -m 'Add a replicate'"
}
trap add EXIT
for ((run = 1; run <= runs; run++)); do
  seed=(--seed "$((known + run))")
  [[ " $* " != *' --seed'* ]] || seed=()
  results=$(mktemp -d)
  cargo run --release -- compare "${seed[@]}" "$@" -o "$results" || die "the run failed; what it measured is in $results"
  finished+=("$results")
done
