#!/bin/bash
# Prints which crates are inside the programs, with their licences and the licences' texts:
# crates.sh ARCH, from the repository's folder. It compiles nothing and asks no network.
set -euo pipefail
export LC_ALL=C.UTF-8

case $1 in
    amd64) target=x86_64-unknown-linux-gnu ;;
    arm64) target=aarch64-unknown-linux-gnu ;;
    *) echo "crates.sh: Rust's name for $1 is not known here" >&2; exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo=(--offline --locked)
# What is only built with or tested with is not inside.
cargo tree "${cargo[@]}" --target "$target" --edges normal --prefix none --format '{p}' |
    awk '{ sub(/^v/, "", $2); print $1 " " $2 }' | sort -u >"$work/inside"
cargo metadata "${cargo[@]}" --format-version 1 --filter-platform "$target" |
    jq -r '.packages[] | select(.source) | [.name + " " + .version, .license // "see its text", .manifest_path] | @tsv' |
    sort -u >"$work/known"

echo "These crates are inside workmate. The numbers name the texts below; a crate without a number"
echo "brings no text of its own, and its licence is the well-known one of that name."
echo
while IFS=$'\t' read -r crate licence manifest; do
    grep -qxF "$crate" "$work/inside" || continue
    numbers=
    # Some bring a C library with texts of its own, a folder or two below.
    while IFS= read -r file; do
        hash=$(sha256sum <"$file" | cut -d' ' -f1)
        if [ ! -e "$work/$hash" ]; then
            count=$((${count:-0} + 1))
            echo "$count" >"$work/$hash"
            { printf '\n======== %s ========\n\n' "$count"; cat "$file"; } >>"$work/texts"
        fi
        numbers="$numbers $(cat "$work/$hash")"
    done < <(find "$(dirname "$manifest")" -maxdepth 3 -type f \
        -iregex '.*/\(licen[cs]e\|copying\|copyright\|notice\|unlicense\)[^/]*' | sort)
    printf '%s, %s%s\n' "$crate" "$licence" "${numbers:+:$numbers}"
done <"$work/known"
cat "$work/texts"
