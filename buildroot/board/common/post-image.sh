#!/bin/sh
# Makes the disk image and the update of it: post-image.sh IMAGES BOARD, called by Buildroot.
#
#   workmate-BOARD.img     what is written to a card or disk
#   workmate-BOARD.raucb   what a running box takes with `rauc install`, signed
set -eu

images=$1
board=$2
here=$(cd "$(dirname "$0")" && pwd)
keys=${WORKMATE_KEYS:-$here/../../keys}
# shellcheck source-path=SCRIPTDIR source=../rpi4/board.sh
. "$here/../$board/board.sh"

work=$(mktemp -d "$images/.workmate.XXXXXX")
trap 'rm -rf "$work"' EXIT

fill() {
	sed -e "s|@BOARD@|$board|g; s|@BOOT@|$boot|g; s|@SLOT_A@|$slot_a|g; s|@SLOT_B@|$slot_b|g" \
		-e "s|@DATA@|$data|g; s|@CONSOLE@|$console|g; s|@KERNEL@|$kernel|g; s|@VERSION@|${version:-}|g" "$1"
}

# -- what lies on the boot partition beside the slots
if [ "$bootloader" = grub ]; then
	fill "$here/../$family/grub.cfg" >"$images/efi-part/EFI/BOOT/grub.cfg"
	# 1024 bytes, as GRUB and grub-editenv write it; only the first slot holds a system.
	{
		printf '# GRUB Environment Block\nORDER=A B\nA_OK=1\nA_TRY=0\nB_OK=0\nB_TRY=0\n'
		printf '%1024s' '' | tr ' ' '#'
	} | head -c 1024 >"$images/efi-part/EFI/BOOT/grubenv"
else
	fill "$here/boot.cmd" >"$work/boot.cmd"
	mkimage -A arm64 -O linux -T script -C none -n "workmate" -d "$work/boot.cmd" "$images/boot.scr" >/dev/null
fi
files="boot.scr"
if [ "$family" = rpi ]; then
	files="$files u-boot.bin"
	# U-Boot gets its device tree from the firmware, which looks for it beside itself.
	for file in "$images"/*.dtb "$images"/rpi-firmware/*; do
		case $file in */cmdline.txt) ;; *) files="$files ${file#"$images"/}" ;; esac
	done
fi
for file in $files; do
	printf '\t\t\t"%s",\n' "$file"
done >"$work/files"

# -- the disk
fill "$here/../$family/genimage.cfg" | sed -e "/^@FILES@\$/{r $work/files" -e 'd}' >"$images/genimage.cfg"
mkdir "$work/root"
genimage --rootpath "$work/root" --tmppath "$work/genimage" --inputpath "$images" --outputpath "$images" \
	--config "$images/genimage.cfg"

# -- the update
version=$(sed -n 's/^IMAGE_VERSION=//p' "$TARGET_DIR/usr/lib/os-release" "$TARGET_DIR/etc/os-release" 2>/dev/null | head -n 1)
mkdir "$work/bundle"
fill "$here/rauc/manifest.raucm" >"$work/bundle/manifest.raucm"
cp "$images/rootfs.squashfs" "$work/bundle/rootfs.img"
rm -f "$images/workmate-$board.raucb"
rauc bundle --cert="$keys/signing.pem" --key="$keys/signing.key" --keyring="$keys/authority.pem" \
	"$work/bundle" "$images/workmate-$board.raucb"
