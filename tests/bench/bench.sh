#!/bin/bash
# What the measuring program needs around it: a quiet machine is asked for, not enforced.
set -euo pipefail
cd "$(dirname "$0")/../.."
load=$(cut -d' ' -f1 /proc/loadavg)
if awk -v load="$load" 'BEGIN { exit !(load > 0.5) }'; then
    echo "Note: this machine is busy (load $load); the figures will be worse than they could be."
fi
exec target/release/examples/bench "$(date +%F)" "$@"
