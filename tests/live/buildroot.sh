#!/bin/bash
# Holds the image's tree (buildroot/) to what can be promised without compiling an image:
# buildroot.sh [BUILDROOT]. `make buildroot-test` runs it; BUILDROOT is then taken from the environment.
#
# BUILDROOT is a checkout of Buildroot, or a git repository of it, whose newest release is then taken.
# Nothing is downloaded. Boards' scripts run as Buildroot runs them, on a made-up root file system, with
# the real genimage, mkimage, GRUB and RAUC; buildroot/slots.sh starts such an image in a machine.
set -euo pipefail
given=${1:-${BUILDROOT:-}}
[ -z "$given" ] || given=$(realpath "$given")
cd "$(dirname "$0")/../.."
tree=$PWD/buildroot
boards="rpi4 rpi5 qemu-aarch64 qemu-x86_64"

# -- words of the test

failed=0
ok() { printf 'ok - %s\n' "$*"; }
not_ok() { printf 'not ok - %s\n' "$*"; failed=$((failed + 1)); }
# promise SENTENCE COMMAND…; what it says is shown where it fails, and lies in $work/said
promise() {
    local sentence=$1
    shift
    if "$@" >"$work/saying" 2>&1; then ok "$sentence"; else
        not_ok "$sentence"
        sed 's/^/    /' "$work/saying" | tail -n 20
    fi
    mv "$work/saying" "$work/said"
}
refused() { ! "$@"; }
# Read and found nothing; a file that is not there is no reason to be content.
finds_nothing() {
    local result=0
    grep "$@" || result=$?
    [ "$result" = 1 ]
}

# -- what this machine must have

missing=
for tool in make:make gcc:gcc g++:g++ bc:bc cpio:cpio rsync:rsync file:file unzip:unzip wget:wget perl:perl patch:patch \
    shellcheck:shellcheck flake8:flake8 genimage:genimage rauc:rauc mkimage:u-boot-tools mksquashfs:squashfs-tools \
    mkfs.vfat:dosfstools mcopy:mtools mke2fs:e2fsprogs sfdisk:fdisk blkid:util-linux openssl:openssl jq:jq \
    grub-editenv:grub-common grub-mkimage:grub-common; do
    PATH=$PATH:/usr/sbin command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool#*:}"
done
/usr/bin/python3 -c 'import magic' 2>/dev/null || missing="$missing python3-magic"
[ -d /usr/lib/grub/x86_64-efi ] || missing="$missing grub-efi-amd64-bin"
[ -z "$missing" ] || { echo "buildroot.sh: missing here: apt-get install$missing" >&2; exit 1; }
export PATH=$PATH:/usr/sbin

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'not_ok "line $LINENO of the test went wrong"; exit 1' ERR
[ -n "$given" ] || {
    echo "buildroot.sh: which Buildroot? A checkout of 2026.05 or newer, as an argument or in BUILDROOT" >&2
    exit 1
}
if [ -f "$given/Makefile" ]; then
    buildroot=$given
else
    release=$(git -C "$given" tag --list '20*' | grep -E '^20[0-9]{2}\.[0-9]{2}(\.[0-9]+)?$' | sort -V | tail -n 1)
    buildroot=$work/buildroot
    mkdir "$buildroot"
    git -C "$given" archive "$release" | tar -x -C "$buildroot"
fi
echo "# Buildroot $(make -s --no-print-directory -C "$buildroot" print-version)"

# -- the tree, as Buildroot sees it

for board in $boards; do
    name=workmate_${board//-/_}_defconfig
    out=$work/$board
    mkdir "$out"
    promise "$name is loaded" make -s -C "$buildroot" BR2_EXTERNAL="$tree" O="$out" "$name"
    promise "without a warning" finds_nothing -iE 'warning|error|unknown' "$work/said"
    promise "each line of $name survives, so Buildroot knows each of its symbols" \
        finds_nothing -vxFf "$out/.config" "$tree/configs/$name"
    make -s --no-print-directory -C "$out" show-info >"$out/info.json" 2>/dev/null || true
    version=$(sed -n '/^version = /{s/.*"\(.*\)"/\1/p;q}' Cargo.toml)
    # shellcheck disable=SC2016 # jq's own variable
    promise "show-info of $board lists workmate $version with Tesseract, RAUC and avahi" jq -e --arg version "$version" \
        '.workmate.version == $version and (.workmate.dependencies | index("tesseract-ocr")) and .rauc and .avahi' \
        "$out/info.json"
    promise "no SSH server is in the image of $board" jq -e '(.openssh or .dropbear) | not' "$out/info.json"
    promise "$board is read-only, with a /var of its own" grep -qx 'BR2_INIT_SYSTEMD_VAR_NONE=y' "$out/.config"
done
mapfile -t files < <(git ls-files --cached --others --exclude-standard buildroot)
promise "check-package finds nothing in ${#files[@]} files" env PYTHONDONTWRITEBYTECODE=1 \
    /usr/bin/python3 "$buildroot/utils/check-package" -b "${files[@]}"
crates=$(grep -c '^source = ' Cargo.lock)
promise "Cargo.lock holds a hash of each of the $crates crates that are vendored" \
    [ "$(grep -c '^checksum = ' Cargo.lock)" = "$crates" ]

# -- keys

keys=$work/keys
promise "make-keys.sh makes keys" "$tree/board/common/make-keys.sh" "$keys"
promise "nobody else can read them" [ -z "$(find "$keys" -perm /077)" ]
promise "keys that are there are not made anew" refused "$tree/board/common/make-keys.sh" "$keys"
promise "keys in the tree would not be committed" git check-ignore -q buildroot/keys/signing.key
"$tree/board/common/make-keys.sh" "$work/strangers" >/dev/null
export WORKMATE_KEYS=$keys

# -- what Buildroot's last steps make of a root file system

# A made-up one, with what the scripts look for.
make_up() {
    mkdir -p "$1/boot" "$1/etc/workmate" "$1/usr/lib/systemd/system"
    echo "a kernel" >"$1/boot/$2"
    echo 'ID=buildroot' >"$1/usr/lib/os-release"
    cp config/workmate.toml "$1/etc/workmate/"
    cp -R "$tree/board/common/overlay/." "$1/"
}
ids() { sfdisk --json "$1" | jq -r '.partitiontable.partitions[].uuid // empty' | tr '[:upper:]' '[:lower:]' | tr '\n' ' '; }
kernel_of() { sed -n 's/^kernel=//p' "$tree/board/$1/board.sh"; }
value_of() { sed -n "s/^$2=//p" "$tree/board/$1/board.sh"; }

for board in $boards; do
    images=$work/images-$board
    export TARGET_DIR=$work/target-$board
    mkdir -p "$images" "$TARGET_DIR"
    make_up "$TARGET_DIR" "$(kernel_of "$board")"
    promise "post-build.sh makes the root file system of $board" \
        "$tree/board/common/post-build.sh" "$TARGET_DIR" "$board"
    promise "nothing of $board is left to be filled in" finds_nothing -rE '@[A-Z_]+@' "$TARGET_DIR/etc" "$TARGET_DIR/usr/lib"
    mksquashfs "$TARGET_DIR" "$images/rootfs.squashfs" -noappend -quiet -no-progress >/dev/null
    case $board in
        rpi*)
            mkdir -p "$images/rpi-firmware/overlays"
            cp "$tree/board/rpi/config.txt" "$images/rpi-firmware/"
            echo "a device tree" >"$images/bcm-$board.dtb"
            echo "a firmware" >"$images/rpi-firmware/start4.elf"
            echo "U-Boot" >"$images/u-boot.bin"
            ;;
        qemu-x86_64)
            mkdir -p "$images/efi-part/EFI/BOOT"
            modules=$(sed -n 's/^BR2_TARGET_GRUB2_BUILTIN_MODULES_EFI="\(.*\)"/\1/p' "$tree/configs/workmate_qemu_x86_64_defconfig")
            # shellcheck disable=SC2086 # they are words on purpose
            promise "GRUB has each module that the image builds in" grub-mkimage -O x86_64-efi -p /EFI/BOOT \
                -o "$images/efi-part/EFI/BOOT/bootx64.efi" $modules
            ;;
    esac
    promise "post-image.sh makes the disk and the update of $board with genimage and rauc" \
        "$tree/board/common/post-image.sh" "$images" "$board"
    disk=$images/workmate-$board.img
    promise "the disk of $board has its four partitions, the data last" [ \
        "$(sfdisk --json "$disk" | jq '.partitiontable.partitions | length == 4 and (max_by(.start) == .[3])')" = true ]
    case $board in
        # A table of the older kind has a number; with that of the partition it is what the kernel calls it.
        rpi*) promise "the disk of $board has the number that its slots are found by" [ \
            "$(sfdisk --json "$disk" | jq -r .partitiontable.id | sed 's/^0x//')-02" = "$(value_of "$board" slot_a)" ] ;;
        *) promise "the partitions of $board have the ids that they are found by" [ "$(ids "$disk")" = \
            "$(for name in boot slot_a slot_b data; do value_of "$board" "$name"; done | tr '\n' ' ')" ] ;;
    esac
    for name in slot_a slot_b; do
        promise "RAUC of $board writes to $name" grep -qx "device=/dev/disk/by-partuuid/$(value_of "$board" $name)" \
            "$TARGET_DIR/etc/rauc/system.conf"
    done
    start=$(sfdisk --json "$disk" | jq '.partitiontable.partitions[0].start')
    inside=$(mdir -/ -b -i "$disk@@$((start * 512))" ::/ 2>/dev/null | tr '[:upper:]' '[:lower:]' | tr '\n' ' ')
    case $board in
        rpi*) wanted="boot.scr u-boot.bin config.txt bcm-$board.dtb start4.elf" ;;
        qemu-aarch64) wanted=boot.scr ;;
        qemu-x86_64) wanted="bootx64.efi grub.cfg grubenv" ;;
    esac
    for name in $wanted; do
        promise "$name is on the boot partition of $board" grep -qF "/$name " <<<"$inside"
    done
    case $board in
        rpi*)
            # U-Boot's two copies must lie before the first partition.
            last=$(sed '/^#/d' "$TARGET_DIR/etc/fw_env.config" |
                while read -r _ at size; do echo $((at + size)); done | sort -n | tail -n 1)
            promise "U-Boot's counts of $board lie before the first partition" [ "$last" -le $((start * 512)) ]
            ;;
    esac
done

# -- GRUB's side of the slots

images=$work/images-qemu-x86_64
promise "GRUB understands grub.cfg" grub-script-check "$images/efi-part/EFI/BOOT/grub.cfg"
grubenv=$images/efi-part/EFI/BOOT/grubenv
promise "a new disk starts from slot A alone" [ "$(grub-editenv "$grubenv" list | sort | tr '\n' ' ')" = \
    "A_OK=1 A_TRY=0 B_OK=0 B_TRY=0 ORDER=A B " ]
before=$(stat -c '%i %s' "$grubenv")
editenv=$tree/board/common/overlay/usr/libexec/workmate/bin/grub-editenv
promise "RAUC's change of GRUB's counts" "$editenv" "$grubenv" set A_OK=0 "ORDER=B A"
promise "is in the file" grep -qx 'ORDER=B A' "$grubenv"
promise "which was written in place" [ "$(stat -c '%i %s' "$grubenv")" = "$before" ]
: >"$grubenv"
promise "a damaged file" "$editenv" "$grubenv" set A_TRY=0
promise "is made anew" [ "$(grub-editenv "$grubenv" list | grep -c '_OK=1')" = 2 ]

# -- U-Boot's side

for board in rpi4 rpi5 qemu-aarch64; do
    fragment=$tree/board/$(value_of "$board" family)/uboot.fragment
    promise "fw_env.config of $board says the size that U-Boot is built with" grep -q \
        "$(sed -n 's/^CONFIG_ENV_SIZE=//p' "$fragment")\$" "$work/target-$board/etc/fw_env.config"
    promise "boot.scr of $board is a script for U-Boot" \
        sh -c "mkimage -l '$work/images-$board/boot.scr' | grep -q 'Script'"
done
for offset in OFFSET OFFSET_REDUND; do
    promise "fw_env.config of the Raspberry Pi has U-Boot's $offset" grep -qF \
        " $(sed -n "s/^CONFIG_ENV_$offset=//p" "$tree/board/rpi/uboot.fragment") " "$tree/board/rpi/fw_env.config"
done

# -- RAUC

# Refused for its signature, and not because something else is amiss.
is_strange() {
    ! rauc info --keyring="$1" "$2" >"$work/rauc" 2>&1 || return 1
    cat "$work/rauc"
    grep -qiE 'signature|verif|certificate' "$work/rauc"
}
for board in $boards; do
    bundle=$work/images-$board/workmate-$board.raucb
    promise "the update of $board is signed with these keys" rauc info --keyring="$keys/authority.pem" "$bundle"
    cp "$work/said" "$work/bundle"
    promise "for its kind of board" grep -qF "'workmate-$board'" "$work/bundle"
    promise "in the format that a box takes" grep -qE '^Bundle Format:.*verity' "$work/bundle"
done
bundle=$work/images-rpi4/workmate-rpi4.raucb
promise "an image takes bundles of these keys" cmp "$keys/authority.pem" "$work/target-rpi4/etc/rauc/keyring.pem"
promise "a bundle of another authority is refused" is_strange "$work/strangers/authority.pem" "$bundle"
cp -R "$work/images-rpi4" "$work/images-strangers"
TARGET_DIR=$work/target-rpi4 WORKMATE_KEYS=$work/strangers "$tree/board/common/post-image.sh" \
    "$work/images-strangers" rpi4 >/dev/null 2>&1
promise "a bundle that strangers signed is refused" is_strange "$keys/authority.pem" \
    "$work/images-strangers/workmate-rpi4.raucb"
promise "and their own authority takes it" rauc info --keyring="$work/strangers/authority.pem" \
    "$work/images-strangers/workmate-rpi4.raucb"
# The manifest with the hash of the content lies in the signature, at the end.
cp "$bundle" "$work/changed.raucb"
size=$(stat -c %s "$bundle")
printf 'x' | dd of="$work/changed.raucb" bs=1 seek=$((size - 700)) conv=notrunc 2>/dev/null
promise "a bundle with a changed signature is refused" is_strange "$keys/authority.pem" "$work/changed.raucb"

if [ "$failed" -gt 0 ]; then
    echo "# $failed promises are broken"
    exit 1
fi
echo "# Every promise is kept."
