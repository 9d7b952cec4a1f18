#!/bin/bash
# Prints the path of a Debian root as a tar file, which it makes first where it is missing: what
# package.sh boots and container.sh builds from. It lies beside the other servers of the live tests.
# DEBIAN=trixie in the environment asks for Debian 13 instead of 12.
set -euo pipefail

suite=${DEBIAN:-bookworm}
# What the package depends on, so that no network is needed to install it, and what the tests use.
inside=systemd,systemd-sysv,dbus,adduser,curl,ca-certificates,libtesseract5,tesseract-ocr-deu,tesseract-ocr-eng

cache=${XDG_CACHE_HOME:-$HOME/.cache}/workmate-test-servers
tar=$cache/debian-$suite-$(printf %s "$suite $inside" | sha256sum | cut -c 1-12).tar
mkdir -p "$cache"
# Two runs at once must not write the same file.
exec 9>"$tar.lock"
flock 9
if [ ! -f "$tar" ]; then
    echo "making a Debian root in $tar (two minutes, 250 MB)" >&2
    mmdebstrap --quiet --variant=minbase --include="$inside" --aptopt='Acquire::Languages "none"' \
        "$suite" "$tar.new.tar" >&2
    mv "$tar.new.tar" "$tar"
fi
echo "$tar"
