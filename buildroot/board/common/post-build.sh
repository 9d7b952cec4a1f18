#!/bin/sh
# Makes the root file system this board's: post-build.sh TARGET BOARD, called by Buildroot.
#
# What differs between boards (../BOARD/board.sh) is written into it here: where slots and data lie, who
# may sign an update, which version this is.
set -eu

target=$1
board=$2
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../../.." && pwd)
keys=${WORKMATE_KEYS:-$here/../../keys}
# shellcheck source-path=SCRIPTDIR source=../rpi4/board.sh
. "$here/../$board/board.sh"

fail() { echo "post-build.sh: $*" >&2; exit 1; }
[ -f "$keys/authority.pem" ] || fail "$keys/authority.pem is missing: board/common/make-keys.sh makes it"

# -- updates: the slots, and whose bundles are taken
mkdir -p "$target/etc/rauc"
grubenv=
[ "$bootloader" != grub ] || grubenv=grubenv=/boot/EFI/BOOT/grubenv
sed -e "s|@BOARD@|$board|; s|@BOOTLOADER@|$bootloader|; s|@SLOT_A@|$slot_a|; s|@SLOT_B@|$slot_b|" \
	-e "s|^@GRUBENV@\$|$grubenv|" "$here/rauc/system.conf" >"$target/etc/rauc/system.conf"
install -m 644 "$keys/authority.pem" "$target/etc/rauc/keyring.pem"
if [ "$bootloader" = uboot ]; then
	install -m 644 "$here/../$family/fw_env.config" "$target/etc/fw_env.config"
fi

# -- disks
mkdir -p "$target/boot" "$target/var" "$target/tmp" "$target/etc/workmate"
cat >"$target/etc/fstab" <<END
/dev/root / auto ro 0 0
PARTUUID=$boot /boot vfat $boot_options,umask=0077,nofail 0 0
PARTUUID=$data /var ext4 noatime,x-systemd.growfs 0 2
tmpfs /tmp tmpfs mode=1777,nosuid,nodev,size=25% 0 0
/var/etc/workmate /etc/workmate none bind,x-systemd.requires-mounts-for=/var 0 0
END
# systemd writes the dashes of a device's name as \x2d in the name of its unit; sed wants that doubled.
unit='dev-disk-by\\x2dpartuuid-'$(printf '%s' "$data" | sed 's/-/\\\\x2d/g')
sed "s|@DATA@|$unit|g" "$here/workmate-grow.service" >"$target/usr/lib/systemd/system/workmate-grow.service"

# -- the configuration: the image's is the first one, the household's lies with the data
shipped=$target/usr/share/workmate/workmate.toml
if [ -f "$target/etc/workmate/workmate.toml" ]; then
	install -D -m 644 "$target/etc/workmate/workmate.toml" "$shipped"
	rm "$target/etc/workmate/workmate.toml"
fi
[ -f "$shipped" ] || fail "the package workmate has not been installed"
sed -i 's|^public_url = ""|public_url = "http://workmate.local:8420"|' "$shipped"
grep -q '^public_url = "http://workmate.local' "$shipped" || fail "public_url is not where it was in workmate.toml"

# -- which version it is; `workmate-confirm` tells versions apart by it
version=$(sed -n '/^version = /{s/.*"\(.*\)"/\1/p;q}' "$tree/Cargo.toml")
commit=$(git -C "$tree" rev-parse --short=10 HEAD 2>/dev/null || echo unknown)
release=$target/usr/lib/os-release
[ -f "$release" ] || release=$target/etc/os-release
sed -i '/^IMAGE_/d' "$release"
echo "IMAGE_ID=workmate-$board" >>"$release"
echo "IMAGE_VERSION=${WORKMATE_IMAGE_VERSION:-$version-$commit}" >>"$release"
