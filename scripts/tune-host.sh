#!/usr/bin/env bash
# Shows, and on request sets, what a host needs for steady measurements: see usage below.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/tune-host.sh [--apply]

Prints each setting of this host (Linux) that a measurement depends on: what it is, what is wanted, and why.
Changes nothing without --apply, which needs root; what it sets lasts until the next boot.
TEXT
}

# name | rule | wanted | why      rules: least (a number), is (a word), ports (a range of so many ports)
settings() {
  cat <<'TABLE'
net.core.somaxconn|least|4096|a burst of connects fits the listen queue
net.ipv4.tcp_max_syn_backlog|least|4096|so do half-open connections
net.core.netdev_max_backlog|least|4096|a fan-out over loopback is not dropped before TCP sees it
net.ipv4.ip_local_port_range|ports|10240 65535|55,296 connections to one address instead of 28,232
net.ipv4.tcp_tw_reuse|is|1|ports of ended connections are free again after a second (2: on loopback only)
net.ipv4.tcp_slow_start_after_idle|is|0|a burst after a pause is not charged with a new slow start
net.ipv4.tcp_no_metrics_save|is|1|a trial does not inherit congestion state from the one before
TABLE
}

fits() { # rule current wanted
  case $1 in
    least) [[ $2 -ge $3 ]] ;;
    is) [[ $2 == "$3" ]] ;;
    ports) [[ $((${2#* } - ${2% *})) -ge $((${3#* } - ${3% *})) ]] ;;
  esac
}

line() { # mark name current wanted why
  printf '%-6s %-36s %-14s -> %-14s %s\n' "$@"
}

sysctls() {
  local name rule wanted why current
  while IFS='|' read -r name rule wanted why; do
    if ! current=$(sysctl -n "$name" 2>/dev/null | tr '\t' ' '); then
      line '-' "$name" 'not here' "$wanted" "$why"
    elif fits "$rule" "$current" "$wanted"; then
      line 'ok' "$name" "$current" "$wanted" "$why"
    else
      line 'change' "$name" "$current" "$wanted" "$why"
      if $apply; then
        sysctl -qw "$name=$wanted"
        echo "       undo: sysctl -w $name='$current'"
      fi
    fi
  done < <(settings)
}

governors() {
  local file cpu current why='the clock does not slow down between events'
  for file in /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor; do
    [[ -e $file ]] || continue
    cpu=${file#/sys/devices/system/cpu/} current=$(<"$file")
    if [[ $current == performance ]]; then
      line 'ok' "${cpu%%/*} governor" "$current" performance "$why"
    else
      line 'change' "${cpu%%/*} governor" "$current" performance "$why"
      if $apply; then
        echo performance >"$file"
        echo "       undo: echo $current > $file"
      fi
    fi
  done
}

# A limit is inherited, so no script can set it for the shell that starts the next run: a hint at most.
open_files() {
  local current mark=hint why='a connection is a file on each end; raise it in limits.conf'
  current=$(ulimit -Hn)
  if [[ $current == unlimited || $current -ge 65536 ]]; then mark=ok; fi
  line "$mark" 'open files (hard limit)' "$current" 65536 "$why"
}

PATH=$PATH:/usr/sbin:/sbin # sysctl, for who is not root
apply=false
case ${1-} in
  '') ;;
  --apply) apply=true ;;
  -h | --help) usage && exit ;;
  *) usage >&2 && exit 2 ;;
esac
if $apply && [[ $(id -u) -ne 0 ]]; then
  echo 'tune-host.sh: --apply needs root' >&2
  exit 1
fi
sysctls
governors
open_files
if ! $apply; then
  echo 'Nothing was changed. To set what says "change": sudo scripts/tune-host.sh --apply'
fi
