#!/usr/bin/env bash
# Runs the fuzz targets: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/fuzz.sh [-b] [-t SECONDS] [TARGET …]

Builds the fuzz targets (loadgen/fuzz/fuzz_targets) with the stable compiler and the coverage counters that libFuzzer reads, and runs
each, or those that are named, for so many seconds (20), beginning with the committed inputs in loadgen/fuzz/seeds. New inputs go to
loadgen/fuzz/corpus, which git ignores; an input that breaks a target goes to loadgen/fuzz/artifacts, and its path is printed.

  -b  build only
TEXT
}

seconds=20 build_only=
while getopts bt:h flag; do
  case $flag in
    b) build_only=1 ;;
    t) seconds=$OPTARG ;;
    h) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz.sh: -t takes whole seconds" >&2 && exit 2; }

cd "$(dirname "$0")/../loadgen/fuzz"
targets=("$@")
if [[ $# == 0 ]]; then
  mapfile -t targets < <(sed -n 's/^path = "fuzz_targets\/\(.*\)\.rs"$/\1/p' Cargo.toml)
fi
for target in "${targets[@]}"; do
  [[ -f fuzz_targets/$target.rs && -d seeds/$target ]] || { echo "fuzz.sh: no target '$target', or no inputs for it" >&2 && exit 2; }
done

# With a target named, cargo leaves build scripts and macros without counters.
host=$(rustc -vV | sed -n 's/^host: //p')
counters='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing'
RUSTFLAGS=$(tr '\n' ' ' <<<"$counters") cargo build --release --locked --target "$host" --bins
[[ ! $build_only ]] || exit 0

for target in "${targets[@]}"; do
  mkdir -p "corpus/$target" "artifacts/$target"
  echo "== $target, $seconds s"
  timeout --kill-after=10 $((seconds + 120)) "${CARGO_TARGET_DIR:-target}/$host/release/$target" \
    -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="artifacts/$target/" "corpus/$target" "seeds/$target" 2>&1 |
    grep -E 'ERROR|panicked|Test unit written|BINGO|stat::number_of_executed_units|stat::peak_rss_mb|INITED|^artifact' |
    sed 's/^/   /'
  # A target that broke ends with a status of its own, and pipefail passes that on.
done
