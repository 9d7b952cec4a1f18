#!/bin/sh
# Makes the keys that bundles are signed with: make-keys.sh [FOLDER], ../../keys unless named.
#
# authority.pem goes into every image, and an image takes bundles of that authority alone: who loses the
# keys can update no box any more, and who gives them away lets others do it. They are never committed.
# Keep a copy elsewhere; authority.key is needed only to make another signing.pem.
set -eu
umask 077

folder=${1:-$(dirname "$0")/../../keys}
if [ -e "$folder/signing.key" ]; then
	echo "make-keys.sh: $folder has keys already; boxes with another authority would refuse its bundles" >&2
	exit 1
fi
command -v openssl >/dev/null || { echo "make-keys.sh: openssl is missing: apt-get install openssl" >&2; exit 1; }
mkdir -p "$folder"
work=$(mktemp -d "$folder/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Thirty years: a box that was long in a cupboard still takes an update.
days=10957
# openssl speaks while it works; that is shown only where it fails.
quietly() { "$@" 2>"$work/said" || { cat "$work/said" >&2; exit 1; }; }
quietly openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days $days -subj "/CN=workmate updates" \
	-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
	-keyout "$work/authority.key" -out "$work/authority.pem"
quietly openssl req -new -newkey rsa:3072 -nodes -sha256 -subj "/CN=workmate bundles" \
	-keyout "$work/signing.key" -out "$work/signing.csr"
printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n' >"$work/extensions"
quietly openssl x509 -req -sha256 -days $days -in "$work/signing.csr" -extfile "$work/extensions" \
	-CA "$work/authority.pem" -CAkey "$work/authority.key" -CAcreateserial -out "$work/signing.pem"
# The last of them says that all are there.
for file in authority.key authority.pem signing.pem signing.key; do
	mv "$work/$file" "$folder/$file"
done
echo "Keys are in $folder. Keep a copy where only you can read it."
