#!/usr/bin/env bash
# Renders what is published once more from its records, without measuring: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/rerender.sh [DIR…]

Renders report.html, summary.md and charts/ of every run under reports/published (or of the directories given) again, banners of
withdrawn figures included, and puts what the run linked above each <!-- pushbench:PART --> of README.md and reports/published/README.md
says there. Commits nothing.
TEXT
}

case ${1-} in -h | --help) usage && exit ;; esac
cd "$(dirname "$0")/.."
published=reports/published

if [[ $# -gt 0 ]]; then
  runs=("${@%/}")
else
  mapfile -t runs < <(find "$published" -name 'records.jsonl*' -printf '%h\n' | sort)
fi
# The report above a marker is the one that the part speaks of: a line for each, the run and the page that it is spliced into.
spliced=$(awk -v published="$published" '
  match($0, /[A-Za-z0-9._-]+\/report\.html/) { run = substr($0, RSTART, RLENGTH - length("/report.html")) }
  /^<!-- pushbench:/ { print published "/" run, FILENAME }' README.md "$published/README.md")

cargo build --release --quiet --package reports
for run in "${runs[@]}"; do
  # Pictures that are no longer drawn must not stay.
  rm -rf "$run/charts"
  part=()
  page=$(awk -v run="$run" '$1 == run { print $2 }' <<<"$spliced")
  [[ ! $page ]] || part=(--splice "$page")
  cargo run --release --quiet --package reports -- "$run" "${part[@]}"
  # Some reports have no pictures.
  rmdir --ignore-fail-on-non-empty "$run/charts"
done
