#!/usr/bin/env bash
# Reads the language-model service with the official Python clients `openai` and `anthropic`, in a virtual environment of
# its own. Takes a minute or two of installing, so it runs only when it is asked for: PUSHBENCH_SDK_TESTS=1.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [[ ${PUSHBENCH_SDK_TESTS-} != 1 ]]; then
  echo "skipped: set PUSHBENCH_SDK_TESTS=1 to read the service with the official Python clients"
  exit 0
fi
command -v python3 >/dev/null || { echo "python3 is missing: install it (Debian: apt-get install python3-venv)" >&2; exit 1; }

room=$(mktemp -d)
server=
finish() {
  if [[ $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$room"
}
trap finish EXIT

cargo build --locked --quiet --manifest-path "$here/../../Cargo.toml"
target=${CARGO_TARGET_DIR:-$here/../../../target}
python3 -m venv "$room/venv" || { echo "no virtual environment: install python3-venv" >&2; exit 1; }
"$room/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"

"$target/debug/servers" >"$room/url" &
server=$!
for _ in $(seq 100); do [[ -s $room/url ]] && break; sleep 0.1; done
[[ -s $room/url ]] || { echo "the server did not start" >&2; exit 1; }
timeout 120 "$room/venv/bin/python" "$here/read.py" "$(head -n 1 "$room/url")"
