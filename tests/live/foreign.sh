#!/bin/bash
# Runs programs for other processors under qemu and holds them to what they promise: foreign.sh
# `make arm64-test` runs it, with the programs that `make dist` has compiled.
#
#   - the ones for 64-bit ARM (as a Cortex-A53) read every fixture like this machine's do, boxes within
#     two pixels, and a daemon of them keeps a letter, makes its task and says so to a real broker,
#     at rest in 20 MB
#   - this machine's own run on a processor from before AVX
#
# What qemu's user mode does not have is not proven by it: it knows no seccomp and no Landlock, so that
# readers say which walls are missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

say() { printf '%s\n' "$*"; }
kept() { printf 'kept    %s\n' "$*"; }
broken() { printf 'BROKEN  %s\n' "$*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || broken "$1 is missing: apt-get install $2"; }
for tool in qemu-aarch64-static:qemu-user-static qemu-x86_64-static:qemu-user-static mosquitto:mosquitto \
    mosquitto_sub:mosquitto-clients jq:jq curl:curl python3:python3; do
    need "${tool%%:*}" "${tool#*:}"
done
native=${NATIVE:-$root/target/release}
foreign=$root/target/aarch64-unknown-linux-gnu/release
for program in "$native/workmate" "$native/workmate-reader" "$foreign/workmate" "$foreign/workmate-reader"; do
    [ -x "$program" ] || broken "$program is missing: make dist compiles it"
done
system=$(systemd/debian/cross.sh --root)

work=$(mktemp -d)
daemon='' broker='' heard=''
clean() {
    for process in $daemon $heard $broker; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap clean EXIT

# The kernel does not know how to start such a program: each is started by name. The reader is looked for
# beside the daemon, and started without an environment.
emulated() { # NAME PROGRAMS EMULATOR…
    local name=$1 programs=$2
    shift 2
    mkdir "$work/$name"
    cp "$programs/workmate" "$work/$name/workmate"
    printf '#!/bin/sh\nexec %s %s/workmate-reader "$@"\n' "$*" "$programs" >"$work/$name/workmate-reader"
    printf '#!/bin/sh\nexec %s %s/workmate "$@"\n' "$*" "$work/$name" >"$work/$name/run"
    chmod +x "$work/$name"/*
}
emulated arm64 "$foreign" "$(command -v qemu-aarch64-static)" -R 64G -cpu cortex-a53 -L "$system"
emulated old "$native" "$(command -v qemu-x86_64-static)" -cpu core2duo
mkdir "$work/native" && ln -s "$native/workmate" "$work/native/run"

# -- reading: the fixtures, and the samples of the demo
mkdir "$work/in" && cp tests/fixtures/files/* tests/fixtures/letters/* "$work/in/" && rm -f "$work/in/README.md"
# Emulated, a page takes half a minute.
sed 's/^timeout_seconds = 300/timeout_seconds = 3000/' config/workmate.toml >"$work/workmate.toml"
reads() { # NAME: reads all of it as NAME's programs do
    "$work/$1/run" --config "$work/workmate.toml" read --json --received-on 2026-03-02 "$work"/in/* \
        >"$work/$1.json" 2>"$work/$1.err" || true
    [ -s "$work/$1.json" ] || broken "$1 reads nothing: $(tail -n 3 "$work/$1.err")"
}
say "reading $(find "$work/in" -type f | wc -l) files on this machine, as a Cortex-A53, and as a Core 2 Duo"
reads native
reads arm64
tests/live/foreign/compare.py "$work/native.json" "$work/arm64.json" || broken "64-bit ARM reads something else"
kept "64-bit ARM reads every fixture as this machine does"
reads old
tests/live/foreign/compare.py "$work/native.json" "$work/old.json" || broken "without AVX something else is read"
kept "a processor from before AVX reads every fixture as this one does"

# -- a daemon on 64-bit ARM and a real broker
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port) mqtt=$(free_port)
PATH=$PATH:/usr/sbin mosquitto -p "$mqtt" >"$work/broker" 2>&1 & broker=$!
export WORKMATE_DATA__DIR=$work/data WORKMATE_SERVER__LISTEN=127.0.0.1:$port WORKMATE_HOUSEHOLD__LANGUAGE=en \
    WORKMATE_MQTT__URL=mqtt://127.0.0.1:$mqtt
# Without this it becomes itself anew, which this kernel cannot do with a foreign program.
export MALLOC_ARENA_MAX=1
run() { "$work/arm64/run" --config "$work/workmate.toml" "$@"; }
token=$(run token create test | tail -n 1)
# By its own number, not by that of a shell around it.
"$work/arm64/run" --config "$work/workmate.toml" serve >"$work/log" 2>&1 & daemon=$!
soon() { # SECONDS SENTENCE COMMAND…
    local rounds=$(($1 * 2)) sentence=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        rounds=$((rounds - 1))
        [ "$rounds" -gt 0 ] || { tail -n 20 "$work/log" >&2; broken "$sentence"; }
        sleep 0.5
    done
    kept "$sentence"
}
soon 60 "it answers" curl --silent --fail "http://127.0.0.1:$port/health"
mosquitto_sub -p "$mqtt" -t 'workmate/reminder' >"$work/heard" & heard=$!
api() { curl --silent --fail --header "Authorization: Bearer $token" "$@"; }
printf 'Stadtwerke Lindental GmbH\n\nRechnung Nr. 2026-104417\n\nBitte überweisen Sie den Rechnungsbetrag von 84,20 EUR bis zum %s.\n' \
    "$(date -d '+5 days' +%d.%m.%Y)" >"$work/letter.txt"
api --form "file=@$work/letter.txt" "http://127.0.0.1:$port/api/v1/documents" >/dev/null
has_task() { [ "$(api "http://127.0.0.1:$port/api/v1/tasks?status=open" | jq '.tasks | length')" = 1 ]; }
soon 120 "a letter becomes a task" has_task
task=$(printf '{"title": "Take the bins out", "due": "%s", "remind_at": ["%s"]}' "$(date +%F)" "$(date -u -d '+5 seconds' +%FT%TZ)")
api --header 'Content-Type: application/json' --data "$task" "http://127.0.0.1:$port/api/v1/tasks" >/dev/null
soon 90 "a reminder reaches a real broker" grep -q "bins" "$work/heard"
# What it needs while nothing is to be done; the emulator's own memory is not its.
sleep 15
resident=$(tests/live/foreign/resident.py "$daemon")
[ "$resident" -le 20480 ] || broken "at rest the daemon has $resident kB of memory"
kept "at rest it has $((resident / 1024)) MB of memory (20)"
kill -TERM "$daemon"
ended() { ! kill -0 "$daemon"; }
soon 45 "it ends softly" ended
