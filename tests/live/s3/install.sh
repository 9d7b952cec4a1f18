#!/bin/sh
# Builds s3s-fs, a server of the S3 protocol that checks signatures, for the live tests.
#
# usage: install.sh            builds it where it is missing (about a minute), then prints its program
#        install.sh --where    prints the program; fails when nothing is there
set -eu

version=0.14.1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/workmate-test-servers
folder=$cache/s3s-fs-$version
program=$folder/bin/s3s-fs

if [ -x "$program" ]; then
    echo "$program"
    exit 0
fi
if [ "${1:-}" = --where ]; then
    exit 1
fi

mkdir -p "$cache"
# Two runs at once must not write the same folder.
exec 9>"$cache/s3s-fs.lock"
flock 9
if [ ! -x "$program" ]; then
    echo "building s3s-fs $version into $folder (about a minute)" >&2
    # Quick to build is worth more here than quick to run.
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo install "s3s-fs@$version" --features binary --locked --quiet \
        --root "$folder" --target-dir "$folder/build" >&2
    rm -rf "$folder/build"
fi
echo "$program"
