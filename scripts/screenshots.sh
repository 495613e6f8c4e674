#!/usr/bin/env bash
# Takes pictures of a report: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/screenshots.sh OUT_DIR REPORT_DIR

Opens REPORT_DIR/report.html in headless Chromium ($CHROMIUM, or the first of chromium, chromium-browser and google-chrome) and
writes OUT_DIR/{desktop,phone}-{light,dark}.png. Fails where the page is wider than a screen, or does not take a theme. Ends with
status 3 where Chromium or node is missing.
TEXT
}

die() { # status, why
  echo "screenshots.sh: $2" >&2
  exit "$1"
}

[[ ${1-} != -h && ${1-} != --help ]] || { usage && exit; }
[[ $# == 2 ]] || { usage >&2 && exit 2; }
[[ -s $2/report.html ]] || die 1 "there is no report in $2"
chromium=${CHROMIUM-}
for name in chromium chromium-browser google-chrome; do
  [[ $chromium ]] || chromium=$(command -v "$name" || true)
done
[[ $chromium ]] || die 3 "Chromium is not installed, and \$CHROMIUM names none"
command -v node >/dev/null || die 3 "node is not installed"
mkdir -p "$1"
exec node "$(dirname "$0")/screenshots.mjs" "$chromium" "$2/report.html" "$1"
