#!/bin/bash
# Compiles workmate for 64-bit ARM on a machine of another kind, and prints the folder of its programs.
#
# usage: cross.sh [--root] [CARGO'S ARGUMENTS]
#
#   --root   only lay out the other machine's libraries, and print their folder
#
# The libraries are Debian 12's for that machine, unpacked into target/cross/arm64/root and never
# installed here: the programs run on everything that is not older (Raspberry Pi OS and Debian, 12 and
# later). The compiler asks for the first 64-bit ARM and no more (ARMv8.0: a Cortex-A53); what a newer
# one can do faster is looked for at run time.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/../.." && pwd)
target=aarch64-unknown-linux-gnu
triple=aarch64-linux-gnu
folder=$root/target/cross/arm64
system=$folder/root
packages=libtesseract-dev,libc6-dev,libstdc++-12-dev,tesseract-ocr-deu,tesseract-ocr-eng,ca-certificates,tzdata

fail() { echo "cross.sh: $*" >&2; exit 1; }
for tool in mmdebstrap:mmdebstrap $triple-gcc:gcc-$triple $triple-g++:g++-$triple pkg-config:pkg-config; do
    command -v "${tool%%:*}" >/dev/null || fail "${tool%%:*} is missing: apt-get install ${tool#*:}"
done

# The mark says what was unpacked, so that another list unpacks anew.
if [ "$(cat "$folder/mark" 2>/dev/null)" != "$packages" ]; then
    echo "unpacking Debian 12's libraries for 64-bit ARM into $system (a minute)" >&2
    rm -rf "$folder" && mkdir -p "$folder"
    mmdebstrap --quiet --variant=extract --architectures=arm64 --include="$packages" bookworm "$system" >&2
    # Links that name the root of that machine would lead to this one's.
    find "$system" -type l -lname '/*' | while read -r link; do
        ln -sfn "$system$(readlink "$link")" "$link"
    done
    echo "$packages" >"$folder/mark"
fi
if [ "${1:-}" = --root ]; then
    echo "$system"
    exit
fi

rustup target add $target >&2 || fail "the standard library for $target cannot be fetched: rustup target add $target"
export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_SYSROOT_DIR=$system
export PKG_CONFIG_LIBDIR=$system/usr/lib/$triple/pkgconfig:$system/usr/share/pkgconfig
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=$triple-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C link-arg=--sysroot=$system"
export CC_aarch64_unknown_linux_gnu=$triple-gcc CXX_aarch64_unknown_linux_gnu=$triple-g++
export CFLAGS_aarch64_unknown_linux_gnu=--sysroot=$system CXXFLAGS_aarch64_unknown_linux_gnu=--sysroot=$system
export AR_aarch64_unknown_linux_gnu=$triple-ar
cargo build --release --locked --bins --target $target "$@" >&2
echo "$root/target/$target/release"
