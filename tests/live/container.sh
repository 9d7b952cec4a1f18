#!/bin/bash
# Builds the container image from the Debian package and a Debian root of its own (no registry is
# asked), runs it with podman as a household would, and holds it to its promises: container.sh
# [PACKAGE.deb], the one in target/dist unless named. `make container-test` runs it.
#
# Images and containers lie in a folder of the test, which is removed; podman's own are left alone.
# Building asks Debian's servers for their lists of packages.
set -euo pipefail
package=${1:+$(realpath "$1")}
cd "$(dirname "$0")"

work='' name=workmate-test-$$
say() { printf '%s\n' "$*"; }
pod() {
    podman --root "$work/storage" --runroot "$work/run" --storage-driver vfs --cgroup-manager cgroupfs \
        --log-level fatal ${runtime:+--runtime "$runtime"} "$@"
}
broken() {
    printf 'BROKEN  %s\n' "$*" >&2
    pod logs "$name" >&2 || true
    exit 1
}
kept() { printf 'kept    %s\n' "$*"; }
promise() {
    local sentence=$1
    shift
    "$@" || broken "$sentence"
    kept "$sentence"
}
until_it() {
    local rounds=$(($1 * 5))
    shift
    until "$@" >/dev/null 2>&1; do
        rounds=$((rounds - 1))
        [ "$rounds" -gt 0 ] || return 1
        sleep 0.2
    done
}
close() {
    [ -n "$work" ] || return 0
    pod rm --force --time 1 "$name" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap close EXIT
trap 'exit 130' INT TERM
trap 'broken "line $LINENO of the test went wrong"' ERR

missing=
for tool in podman:podman mmdebstrap:mmdebstrap pdftoppm:poppler-utils python3:python3 nsenter:util-linux curl:curl; do
    command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool#*:}"
done
# A machine whose control groups are of the old kind, or of both, needs runc.
runtime=$(command -v runc || true)
[ -n "$runtime" ] || [ -e /sys/fs/cgroup/cgroup.controllers ] || missing="$missing runc"
[ -z "$missing" ] || { say "container.sh: missing here: apt-get install$missing" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { say "container.sh: owners of files are part of the test: sudo tests/live/container.sh" >&2; exit 1; }
if [ -z "$package" ]; then
    package=$(find ../../target/dist -name "workmate_*_$(dpkg --print-architecture).deb" 2>/dev/null | sort -V | tail -n 1)
fi
[ -f "$package" ] || { say "container.sh: no package in target/dist: make dist-native makes it" >&2; exit 1; }
base=$(package/root.sh) || { say "container.sh: the Debian root could not be made" >&2; exit 1; }

# -- the image

work=$(mktemp -d)
mkdir "$work/context" "$work/papers" "$work/folder"
cp "$package" "$work/context/"
package/letter.py "$work/papers/letter.pdf" 104411
pdftoppm -r 150 -gray -png -singlefile "$work/papers/letter.pdf" "$work/papers/scan"
chmod -R a+rX "$work/papers"
pod import --quiet "$base" localhost/debian:test >/dev/null
pod build --quiet --isolation chroot --format docker --pull=never \
    --build-arg DEBIAN=localhost/debian:test --tag workmate \
    --file ../../config/container/Containerfile "$work/context" >/dev/null
kept "the image is built"
say "        $(pod image inspect --format '{{.Size}}' workmate) bytes as it lies, $(pod save workmate | gzip -6 | wc -c) packed"

# -- as a household would run it: read-only, without privilege; without a network besides

# start OPTION…
start() {
    pod run --detach --name "$name" --health-interval disable --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
        --read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges --network none \
        --volume "$work/papers:/papers:ro" "$@" workmate >/dev/null
}
# A command in it, such as a person or a health check would give.
workmate() { pod exec "$name" workmate "$@"; }
understood() { [ "$(pod logs "$name" 2>&1 | grep -c 'a document was understood')" = "$1" ]; }
runs_as() { pod top "$name" huser args | grep -qE "^$1 +/usr/bin/workmate serve"; }

promise "it starts with a new volume" start --volume documents:/var/lib/workmate
promise "workmate health says well" until_it 20 workmate health
promise "the image's own health check says so too" pod healthcheck run "$name"
promise "it is user 8420" runs_as 8420
promise "it takes a changed configuration while it runs" eval '[ "$(workmate reload)" = reloaded ]'
promise "and is the same process" eval '[ "$(pod inspect --format "{{.RestartCount}} {{.State.Running}}" "$name")" = "0 true" ]'
promise "the web answers" eval 'nsenter --net --target "$(pod inspect --format "{{.State.Pid}}" "$name")" \
    curl --silent --fail --output /dev/null http://127.0.0.1:8420/health'
promise "a scan is understood" eval 'workmate add /papers/scan.png >/dev/null && until_it 60 understood 1'
workmate doctor >"$work/doctor" || broken "workmate doctor finds something wrong"
kept "workmate doctor finds nothing wrong"
promise "the reader has every wall of this kernel" eval '! grep -F "reader.s walls" "$work/doctor"'
promise "there is no shell in it" eval '! pod exec "$name" /bin/sh -c true 2>/dev/null'
promise "it cannot write elsewhere than in its volume" eval '! workmate man --dir /usr 2>/dev/null'
promise "stopped, it ends softly" eval 'pod stop --time 45 "$name" >/dev/null &&
    [ "$(pod inspect --format "{{.State.ExitCode}}" "$name")" = 0 ]'
pod rm "$name" >/dev/null
promise "another container finds the documents in the volume" eval 'start --volume documents:/var/lib/workmate &&
    until_it 20 workmate health && workmate add /papers/scan.png | grep -q .'
promise "and knows the scan again" eval 'sleep 2; understood 0'
pod rm --force "$name" >/dev/null

# -- with a folder of the host, as another user

chown 1026:100 "$work/folder"
chmod 755 "$work"
promise "it starts as the owner of a folder" start --user 1026:100 --volume "$work/folder:/var/lib/workmate"
promise "and is well" until_it 20 workmate health
promise "and reads" eval 'workmate add /papers/letter.pdf >/dev/null && until_it 60 understood 1'
promise "its files are that user's, and nobody else's" [ "$(stat -c '%a %u' "$work/folder")" = "700 1026" ]
pod rm --force "$name" >/dev/null
chown 0:0 "$work/folder"
pod run --name "$name" --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --health-interval disable --network none \
    --volume "$work/folder:/var/lib/workmate" workmate >"$work/refused" 2>&1 &&
    broken "in a folder of somebody else it does not pretend to have started"
promise "in a folder of somebody else it says so" grep -q 'cannot be used' "$work/refused"
sed 's/^/        /' "$work/refused"
say "Every promise of the container is kept."
