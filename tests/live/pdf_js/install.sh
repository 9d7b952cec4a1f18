#!/bin/sh
# Fetches pdf.js, the PDF viewer of Firefox, which the live tests run in Chromium.
#
# usage: install.sh            fetches it where it is missing, then prints its folder
#        install.sh --where    prints the folder; fails when nothing is there
#
# It is npm's package pdfjs-dist, pinned by its hash; nothing of it is run outside the browser.
set -eu

version=6.5.438
hash=be0f0fc35c7e0052b2e00303be1b9697970e615f1debdf14a0400da0516173bf61a970e7650aa7397a31c371c6f74ed61ce8352583af2e13fbe7a6e875d171a4
cache=${XDG_CACHE_HOME:-$HOME/.cache}/workmate-test-servers
folder=$cache/pdf-js-$version

if [ -f "$folder/package.json" ]; then
    echo "$folder"
    exit 0
fi
if [ "${1:-}" = --where ]; then
    exit 1
fi

mkdir -p "$cache"
# Two runs at once must not write the same folder.
exec 9>"$cache/pdf-js.lock"
flock 9
if [ ! -f "$folder/package.json" ]; then
    echo "fetching pdf.js $version into $folder (9 MB)" >&2
    fresh=$(mktemp -d "$cache/pdf-js.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    command -v npm >/dev/null 2>&1 || { echo "npm is missing: run \`make packages\`" >&2; exit 1; }
    (cd "$fresh" && npm pack --silent "pdfjs-dist@$version" >/dev/null)
    mv "$fresh/pdfjs-dist-$version.tgz" "$fresh/package.tgz"
    echo "$hash  $fresh/package.tgz" | sha512sum --check --quiet >&2
    tar -xzf "$fresh/package.tgz" -C "$fresh" package/package.json package/LICENSE package/legacy
    mv "$fresh/package" "$folder"
fi
echo "$folder"
