#!/bin/bash
# Lets the real U-Boot choose between slots whose kernels end at once: uboot.sh [SOURCE], U-Boot's source
# of the release that Buildroot builds (2026.04), or UBOOT in the environment. `make buildroot-slots` runs it.
#
# It is compiled as Buildroot does it for qemu's aarch64: with board/qemu-aarch64/uboot.fragment, which
# reads squashfs and counts in two files. The slots' kernel is sixteen bytes of code that start the machine
# anew: a version that always crashes. What RAUC and `workmate-confirm` write is written with fw_setenv.
# The Raspberry Pi's fragment is held against the same source, but not run. QEMU may name the emulator.
set -euo pipefail
source=${1:-${UBOOT:-}}
[ -z "$source" ] || source=$(realpath "$source")
cd "$(dirname "$0")/../../.."
tree=$PWD/buildroot
qemu=${QEMU:-qemu-system-aarch64}

ok() { printf 'ok - %s\n' "$*"; }
not_ok() {
    printf 'not ok - %s\n' "$*"
    tail -n 30 "$work/console" 2>/dev/null | sed 's/^/    /'
    exit 1
}
promise() {
    local sentence=$1
    shift
    "$@" || not_ok "$sentence"
    ok "$sentence"
}
# Read and found nothing; a file that is not there is no reason to be content.
finds_nothing() {
    local result=0
    grep -a "$@" || result=$?
    [ "$result" = 1 ]
}
machine='' work=''
power_off() {
    [ -n "$machine" ] || return 0
    kill -KILL "$machine" 2>/dev/null || true
    wait "$machine" 2>/dev/null || true
    machine=
}
trap 'power_off; [ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
trap 'not_ok "line $LINENO of the test went wrong"' ERR

missing=
for tool in "$qemu:qemu-system-arm" mkimage:u-boot-tools fw_setenv:libubootenv-tool mcopy:mtools mkfs.vfat:dosfstools \
    mksquashfs:squashfs-tools sfdisk:fdisk aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu make:make flex:flex bison:bison \
    bc:bc swig:swig pkg-config:pkg-config; do
    PATH=$PATH:/usr/sbin command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool##*:}"
done
pkg-config --exists gnutls || missing="$missing libgnutls28-dev"
pkg-config --exists openssl || missing="$missing libssl-dev"
pkg-config --exists uuid || missing="$missing uuid-dev"
[ -z "$missing" ] || { echo "uboot.sh: missing here: apt-get install$missing" >&2; exit 1; }
[ -f "$source/configs/qemu_arm64_defconfig" ] || {
    echo "uboot.sh: where is U-Boot's source? A checkout of v2026.04, as an argument or in UBOOT" >&2
    exit 1
}
export PATH=$PATH:/usr/sbin

# -- U-Boot, as Buildroot configures it

work=$(mktemp -d)
# configured DEFCONFIG FRAGMENT: in $work/DEFCONFIG, with no line of the fragment lost
configured() {
    local out=$work/$1
    mkdir "$out"
    {
        make -s -C "$source" O="$out" "$1_defconfig"
        KCONFIG_CONFIG=$out/.config "$source/scripts/kconfig/merge_config.sh" -m -O "$out" "$out/.config" "$2"
        make -s -C "$source" O="$out" olddefconfig
    } >"$work/console" 2>&1
    ! grep -E '^(CONFIG|# CONFIG)' "$2" | grep -vxFf "$out/.config"
}
for pair in rpi_arm64:rpi qemu_arm64:qemu-aarch64; do
    promise "U-Boot knows each line of the fragment of ${pair#*:}" \
        configured "${pair%:*}" "$tree/board/${pair#*:}/uboot.fragment"
done
promise "U-Boot builds with it" nice make -s -j"$(nproc)" -C "$source" O="$work/qemu_arm64" \
    CROSS_COMPILE=aarch64-linux-gnu- u-boot.bin

# -- a disk as the image's: boot partition with the script, two slots

mkdir -p "$work/slot/boot"
# An arm64 Image: a jump over its head, then the firmware's call that starts the machine anew (PSCI's
# SYSTEM_RESET by HVC), and a hang should that return.
{
    printf '\x10\x00\x00\x14\x00\x00\x00\x00'
    printf '\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00\x00'
    printf '\x00%.0s' $(seq 24)
    printf 'ARM\x64\x00\x00\x00\x00'
    printf '\x20\x01\x80\x52\x00\x80\xb0\x72\x02\x00\x00\xd4\x00\x00\x00\x14'
} >"$work/slot/boot/Image"
truncate -s 4096 "$work/slot/boot/Image"
sed -e 's|@CONSOLE@|console=ttyAMA0|; s|@KERNEL@|Image|' "$tree/board/common/boot.cmd" >"$work/boot.cmd"
mkimage -A arm64 -O linux -T script -C none -d "$work/boot.cmd" "$work/boot.scr" >/dev/null
truncate -s 40M "$work/disk"
sfdisk --quiet "$work/disk" <<'END'
label: gpt
start=2048, size=32768, type=U, attrs=LegacyBIOSBootable
start=34816, size=16384, type=L
start=51200, size=16384, type=L
END
mkfs.vfat "$work/boot" -C 16384 >/dev/null
mcopy -i "$work/boot" "$work/boot.scr" ::boot.scr
mksquashfs "$work/slot" "$work/squashfs" -comp gzip -noappend -quiet -no-progress >/dev/null
put() { dd if="$1" of="$work/disk" bs=512 seek="$2" conv=notrunc status=none; }
put "$work/boot" 2048
put "$work/squashfs" 34816
put "$work/squashfs" 51200
# What RAUC would do on the box, done to the two files on the boot partition.
sed "s|/boot/|$work/|" "$tree/board/qemu-aarch64/fw_env.config" >"$work/fw_env.config"
counts() {
    mcopy -o -i "$work/disk@@1M" ::uboot.env ::uboot-redund.env "$work/"
    for assignment in "$@"; do
        fw_setenv -c "$work/fw_env.config" "${assignment%%=*}" "${assignment#*=}"
    done
    mcopy -o -i "$work/disk@@1M" "$work/uboot.env" "$work/uboot-redund.env" ::
}

# The slots that are tried, in their order, until $1 of them were or none is left.
tried() {
    : >"$work/console"
    "$qemu" -machine virt -cpu cortex-a57 -m 512 -display none -nodefaults -bios "$work/qemu_arm64/u-boot.bin" \
        -drive "file=$work/disk,format=raw,if=none,id=disk" -device virtio-blk-device,drive=disk \
        -serial "file:$work/console" >"$work/qemu" 2>&1 &
    machine=$!
    local rounds=600
    until [ "$(grep -ac '^Starting slot' "$work/console")" -ge "$1" ] || grep -aq '^No slot is left' "$work/console"; do
        rounds=$((rounds - 1))
        if [ "$rounds" = 0 ] || ! kill -0 "$machine" 2>/dev/null; then break; fi
        sleep 0.1
    done
    power_off
    order=$(grep -aoE '^(Starting slot [AB]|No slot is left)' "$work/console" | sed 's/Starting slot //; s/No slot is left/-/' | tr -d '\n')
}

tried 7
promise "three tries for each slot, then none is left: $order" [ "$order" = AAABBB- ]
tried 1
promise "then all of them again: $order" [ "${order:0:1}" = A ]
# As `workmate-confirm` has RAUC write it.
counts BOOT_A_LEFT=3
tried 2
promise "a confirmed slot is started again: $order" [ "${order:0:2}" = AA ]
# As RAUC writes it while it fills slot B, and when it is done.
counts BOOT_ORDER=A BOOT_B_LEFT=0 BOOT_A_LEFT=2
tried 3
promise "a slot that is being filled is not started: $order" [ "$order" = AA- ]
counts "BOOT_ORDER=B A" BOOT_B_LEFT=3 BOOT_A_LEFT=3
tried 4
promise "an update is tried three times, then the slot before it: $order" [ "${order:0:4}" = BBBA ]
counts "BOOT_ORDER=B A" BOOT_B_LEFT=3 BOOT_A_LEFT=3
head -c 1M /dev/zero >"$work/nothing"
put "$work/nothing" 51200
tried 2
promise "a slot whose kernel cannot be read is passed over at once: $order" [ "${order:0:2}" = BA ]
# A power cut damages the copy that was being written.
counts "BOOT_ORDER=B A" BOOT_B_LEFT=0 BOOT_A_LEFT=3
mcopy -o -i "$work/disk@@1M" ::uboot.env ::uboot-redund.env "$work/"
newest=uboot.env
# The fifth byte counts the writes.
[ "$(od -An -tu1 -j4 -N1 "$work/uboot.env")" -gt "$(od -An -tu1 -j4 -N1 "$work/uboot-redund.env")" ] || newest=uboot-redund.env
dd if=/dev/urandom of="$work/$newest" bs=512 count=8 conv=notrunc status=none
mcopy -o -i "$work/disk@@1M" "$work/$newest" ::
tried 1
promise "with one copy of the counts damaged the other one is used: $order" grep -q '^[AB]$' <<<"${order:0:1}"
promise "and U-Boot does not fall back to what is compiled in" finds_nothing 'using default environment' "$work/console"
echo "# Every promise is kept."
