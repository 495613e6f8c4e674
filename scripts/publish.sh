#!/usr/bin/env bash
# Runs the comparison and puts its result where readers find it: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/publish.sh [-n NAME] [flags of loadgen compare …]
       scripts/publish.sh [-n NAME] agent|capacity [flags of that command …]

Runs it, copies everything that it wrote to reports/published/<date>-<NAME>/, renders it there and puts what it says between
<!-- pushbench:PART --> and <!-- /pushbench:PART -->: table into README.md; with `--plan llm` streams, with `--plan jobs` cells, for
agent agent into reports/published/README.md; others have no part. The table comes with `loadgen selfcheck` on its records. Commits
nothing.

  -n NAME  how the machine is called there (default: its host name)
  -h       this help
TEXT
}

die() {
  echo "publish.sh: $*" >&2
  exit 1
}

name=$(hostname -s)
case ${1-} in
  -h | --help) usage && exit ;;
  -n) [[ $# -ge 2 ]] || { usage >&2 && exit 2; } && name=$2 && shift 2 ;;
esac
[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || die "'$name' is no directory name: give one with -n"

cd "$(dirname "$0")/.."
published=reports/published/$(date +%F)-$name
# Asked before the minutes of measuring, not after.
[[ ! -e $published ]] || die "$published exists: remove it, or give another name with -n"
case " $* " in
  ' agent '*) part=agent && shift && measure=(agent "$@") ;;
  ' capacity '*) part='' && shift && measure=(capacity "$@") ;;
  *' --plan llm '*) part=streams measure=(compare "$@") ;;
  *' --plan jobs '*) part=cells measure=(compare "$@") ;;
  *' --plan '*) part='' measure=(compare "$@") ;;
  *) part=table measure=(compare "$@") ;;
esac
page=reports/published/README.md
[[ $part != table ]] || page=README.md
for marker in ${part:+"<!-- pushbench:$part -->" "<!-- /pushbench:$part -->"}; do
  grep -qsF -- "$marker" "$page" || die "$page has no line $marker"
done

# A published number names the commit that anybody can build again. What is published is no part of the programs.
changed=$(git status --porcelain --untracked-files=no -- . ':!README.md' ':!reports/published') || die 'this is no checkout'
[[ -z $changed ]] || die "commit or undo what was changed first: $changed"

results=$(mktemp -d)
cargo run --release -- "${measure[@]}" -o "$results" || die "the run failed; what it measured is in $results"

# Where the results lay meanwhile is nobody's business.
gunzip -r "$results"
sed -i "1s# -o $results\b##" "$results/records.jsonl"
# Its null arms are replayed; the report says what the self-check found, good or bad.
[[ $part != table ]] || cargo run --release --quiet -- selfcheck --records "$results" -o "$results" ||
  echo "publish.sh: the self-check failed" >&2

mkdir -p "$published"
cp -R "$results/." "$published"
# The first record alone is the run: command, version, commit, seed, plan and facts about the host.
head -n 1 "$results/records.jsonl" >"$published/run.json"
gzip -9n "$published/records.jsonl"
cargo run --release --quiet --package reports -- "$published" ${part:+--splice "$page"}
rm -rf "$results"

echo
echo "Published. To keep it: git add $published $page && git commit -m 'Publish a run of $name'"
