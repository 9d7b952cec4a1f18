#!/bin/bash
# Starts the image's slots in a machine and cuts its power while it updates: slots.sh [FOLDER], where
# the program `workmate` lies; target/release unless named. `make buildroot-slots` runs it.
#
# The root file system is made of Debian's packages in place of Buildroot's; the rest is the image's own:
# overlay, post-build.sh, post-image.sh, grub.cfg, system.conf. The machine is qemu without a network; a
# power cut is SIGKILL to it, which loses what it had not written yet, but no cache of a disk.
# CUTS says how many power cuts (8), SEED with which moments (1), ACCEL what qemu may use (kvm); QEMU and
# OVMF may name the emulator and the folder of its firmware. Without KVM a start takes a minute, the whole
# about half an hour.
set -euo pipefail
programs=$(realpath "${1:-$(dirname "$0")/../../../target/release}")
cd "$(dirname "$0")/../../.."
tree=$PWD/buildroot
cuts=${CUTS:-8}
RANDOM=${SEED:-1}
qemu=${QEMU:-qemu-system-x86_64}
firmware=${OVMF:-/usr/share/OVMF}

# -- words of the test

ok() { printf 'ok - %s\n' "$*"; }
not_ok() {
    printf 'not ok - %s\n' "$*"
    tail -n 30 "$work/told" 2>/dev/null | sed 's/^/    /'
    exit 1
}
promise() {
    local sentence=$1
    shift
    "$@" || not_ok "$sentence"
    ok "$sentence"
}

machine='' work=''
# The machine with the plan $1 for its next start; its port tells what becomes of it.
power_on() {
    # Two slots and the data, as they are; the plan is read as the first line of a disk of its own.
    printf '%-512s' "$1" | tr ' ' '\n' >"$work/plan"
    sed -i '1s/_/ /g' "$work/plan"
    : >"$work/told"
    : >"$work/console"
    # A start anew is a new qemu: OVMF in an emulated machine does not always come back from a reset.
    setsid bash -c 'while "$@"; do :; done' machine nice "$qemu" -no-reboot \
        -machine q35 -accel "${ACCEL:-tcg,thread=multi}" -cpu max -smp 2 -m 768 -display none -nodefaults \
        -drive "if=pflash,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd" \
        -drive "if=pflash,format=raw,file=$work/vars" -drive "file=$work/disk,format=raw,if=virtio" \
        -drive "file=$work/bundles,format=raw,if=virtio,readonly=on" \
        -drive "file=$work/plan,format=raw,if=virtio,readonly=on" \
        -chardev "file,id=console,path=$work/console,append=on" -serial chardev:console \
        -chardev "file,id=told,path=$work/told,append=on" -serial chardev:told >"$work/qemu" 2>&1 &
    machine=$!
}
power_off() {
    [ -n "$machine" ] || return 0
    kill -KILL -- "-$machine" 2>/dev/null || true
    wait "$machine" 2>/dev/null || true
    machine=
}
# told PATTERN SECONDS [TIMES]: waits until the machine says so, for the second time if TIMES is 2.
told() {
    local rounds=$(($2 * 5))
    until [ "$(grep -acE $'^\r?'"($1)" "$work/told")" -ge "${3:-1}" ]; do
        rounds=$((rounds - 1))
        if [ "$rounds" = 0 ] || ! kill -0 "$machine" 2>/dev/null; then return 1; fi
        sleep 0.2
    done
}
said() { tr -d '\r' <"$work/told" | grep -aE "^$1" | tail -n 1; }
trap 'power_off; [ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
trap 'not_ok "line $LINENO of the test went wrong"' ERR

# -- what this machine must have

missing=
for tool in mmdebstrap:mmdebstrap genimage:genimage rauc:rauc mksquashfs:squashfs-tools mcopy:mtools openssl:openssl \
    mkfs.vfat:dosfstools grub-mkimage:grub-common "$qemu:qemu-system-x86"; do
    PATH=$PATH:/usr/sbin command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool##*:}"
done
[ -d /usr/lib/grub/x86_64-efi ] || missing="$missing grub-efi-amd64-bin"
[ -f "$firmware/OVMF_CODE_4M.fd" ] || missing="$missing ovmf"
[ -z "$missing" ] || { echo "slots.sh: missing here: apt-get install$missing" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "slots.sh: a root file system is made by root: sudo tests/live/buildroot/slots.sh" >&2; exit 1; }
[ -x "$programs/workmate" ] || { echo "slots.sh: no workmate in $programs: make build makes it" >&2; exit 1; }
export PATH=$PATH:/usr/sbin

inside=systemd,systemd-sysv,systemd-timesyncd,dbus,udev,kmod,linux-image-cloud-amd64,initramfs-tools,rauc,rauc-service
inside=$inside,grub-common,util-linux,fdisk,e2fsprogs,dosfstools,busybox,squashfs-tools,zstd
cache=${XDG_CACHE_HOME:-$HOME/.cache}/workmate-test-servers
base=$cache/image-root-$(printf %s "$inside" | sha256sum | cut -c 1-12).tar
mkdir -p "$cache"
if [ ! -f "$base" ]; then
    echo "# making a Debian root in $base (three minutes)"
    # shellcheck disable=SC2016 # mmdebstrap's own variable
    mmdebstrap --quiet --variant=minbase --include="$inside" --aptopt='Acquire::Languages "none"' \
        --customize-hook='printf "virtio_pci\nvirtio_blk\nsquashfs\noverlay\nloop\n" >>"$1/etc/initramfs-tools/modules"
            sed -i "s/^MODULES=.*/MODULES=list/; s/^COMPRESS=.*/COMPRESS=gzip/" "$1/etc/initramfs-tools/initramfs.conf"
            chroot "$1" update-initramfs -u -k all' bookworm "$base.new.tar"
    mv "$base.new.tar" "$base"
fi

# -- the root file system

work=$(mktemp -d)
root=$work/root
mkdir "$root" && tar -xf "$base" -C "$root"
mv "$root"/boot/vmlinuz-* "$root/boot/bzImage"
# The image's own kernel needs none; Debian's has its disks in modules.
mv "$root"/boot/initrd.img-* "$root/boot/initrd"
rm -rf "$root"/boot/System.map* "$root"/usr/share/{doc,locale,man,zoneinfo,perl*} "$root/usr/lib/x86_64-linux-gnu/perl-base"
(cd "$root"/usr/lib/modules/*/kernel && find . -name '*.ko' | grep -vE '/(fat|nls|md|block|virtio|lib|crypto|configfs|squashfs)/' | xargs rm)
install -m 755 "$programs/workmate" "$root/usr/bin/workmate"
install -D -m 640 config/workmate.toml "$root/etc/workmate/workmate.toml"
# As package/workmate/workmate.mk does it.
sed -e 's|^ExecStart=/usr/local/bin/|ExecStart=/usr/bin/|' -e '/^# A user that exists only while it runs/,/^DynamicUser=yes$/d' \
    systemd/workmate.service >"$root/usr/lib/systemd/system/workmate.service"
chroot "$root" useradd --system --home-dir /var/lib/workmate --shell /usr/sbin/nologin workmate
chroot "$root" passwd --quiet --delete root
cp -R "$tree/board/common/overlay/." "$root/"
echo workmate >"$root/etc/hostname"
: >"$root/etc/machine-id"
rm -rf "${root:?}"/var/*
for unit in apt-daily-upgrade.timer apt-daily.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    systemd-networkd-wait-online.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
units=$root/usr/lib/systemd/system
# There is no network and so no time server, and a test has less patience than a household.
mkdir -p "$units/workmate-confirm.service.d"
printf '[Service]\nTimeoutStartSec=2\n' >"$units/systemd-time-wait-sync.service.d/test.conf"
printf '[Service]\nEnvironment=WORKMATE_CONFIRM_STEADY=2 WORKMATE_CONFIRM_SECONDS=60\n' \
    >"$units/workmate-confirm.service.d/test.conf"

# What tells the test what becomes of each start, and does what the plan says.
cat >"$units/told.service" <<'END'
[Service]
Type=exec
ExecStart=/usr/libexec/told
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
[Install]
WantedBy=multi-user.target
END
cat >"$root/usr/libexec/told" <<'END'
#!/bin/sh
. /etc/os-release
slot=$(sed -n 's/.*rauc\.slot=\([AB]\).*/\1/p' /proc/cmdline)
partition=/dev/vda$([ "$slot" = A ] && echo 2 || echo 3)
mkdir -p /run/bundles
mount -o ro /dev/vdb /run/bundles
read -r verb what </dev/vdc
echo "started $slot $IMAGE_VERSION"
size=$(cat "/run/bundles/$IMAGE_VERSION.size")
if [ "$(head -c "$size" "$partition" | sha256sum)" = "$(cat "/run/bundles/$IMAGE_VERSION.sha256")" ]; then
    echo "whole $slot $IMAGE_VERSION"
else
    echo "damaged $slot $IMAGE_VERSION"
fi
for _ in $(seq 90); do
    ! systemctl is-failed --quiet workmate-confirm || break
    journalctl --boot --quiet --output=cat --unit=workmate-confirm | grep -q 'is confirmed' && break
    sleep 2
done
if workmate health >/dev/null 2>&1; then
    echo "well $slot $IMAGE_VERSION $(($(stat -f -c '%b * %S' /var) >> 20)) $(grub-editenv /boot/EFI/BOOT/grubenv list | tr '\n' ' ')"
else
    echo "ill $slot $IMAGE_VERSION"
    exit 0
fi
[ "$verb" = install ] || exit 0
echo "installing $what"
export WORKMATE_UPDATE__FOLDER=/var/lib/workmate/update
if workmate update "/run/bundles/$what.raucb" >/run/said 2>&1; then
    # The box starts anew by itself.
    echo "installed $what"
else
    echo "refused $what $(tail -n 1 /run/said)"
fi
END
chmod 755 "$root/usr/libexec/told"

# -- versions: what the disk comes with, a newer one, one that is never well, one without a kernel

export WORKMATE_KEYS=$work/keys TARGET_DIR=$root
"$tree/board/common/make-keys.sh" "$WORKMATE_KEYS" >/dev/null
"$tree/board/common/make-keys.sh" "$work/strangers" >/dev/null
mkdir "$work/said" "$work/inside"
modules=$(sed -n 's/^BR2_TARGET_GRUB2_BUILTIN_MODULES_EFI="\(.*\)"/\1/p' "$tree/configs/workmate_qemu_x86_64_defconfig")
# pack VERSION: the disk and the bundle of the root as it is
pack() {
    local images=$work/images-$1
    mkdir -p "$images/efi-part/EFI/BOOT"
    cp "$work/workmate.toml" "$root/etc/workmate/workmate.toml"
    WORKMATE_IMAGE_VERSION=$1 "$tree/board/common/post-build.sh" "$root" qemu-x86_64
    chroot "$root" systemctl preset-all >/dev/null 2>&1
    ln -sf /usr/lib/systemd/system/told.service "$root/etc/systemd/system/multi-user.target.wants/"
    mksquashfs "$root" "$images/rootfs.squashfs" -comp gzip -Xcompression-level 1 -noappend -quiet -no-progress
    # shellcheck disable=SC2086 # they are words on purpose
    grub-mkimage -O x86_64-efi -p /EFI/BOOT -o "$images/efi-part/EFI/BOOT/bootx64.efi" $modules
    "$tree/board/common/post-image.sh" "$images" qemu-x86_64 >"$work/said/$1" 2>&1
    mv "$images/workmate-qemu-x86_64.raucb" "$work/inside/$1.raucb"
    stat -c %s "$images/rootfs.squashfs" >"$work/inside/$1.size"
    sha256sum <"$images/rootfs.squashfs" >"$work/inside/$1.sha256"
}
cp "$root/etc/workmate/workmate.toml" "$work/workmate.toml"
pack first
mv "$work/images-first/workmate-qemu-x86_64.img" "$work/disk"
WORKMATE_KEYS=$work/strangers pack strange
rm "$work/inside/first.raucb"
pack newer
mv "$root/usr/bin/workmate" "$work/workmate"
printf '#!/bin/sh\nexit 1\n' >"$root/usr/bin/workmate"
chmod 755 "$root/usr/bin/workmate"
pack ill
mv "$work/workmate" "$root/usr/bin/workmate"
rm "$root/boot/bzImage"
pack mute
rm -rf "$work"/images-*
mksquashfs "$work/inside" "$work/bundles" -noI -noD -noF -noappend -quiet -no-progress
rm -rf "$work/inside" "$root"
cp "$firmware/OVMF_VARS_4M.fd" "$work/vars"
truncate -s 2500M "$work/disk"

# -- the first start

power_on install_strange
promise "a new disk starts" told "started A first" 400
promise "workmate is well on it, in the unit's walls, on a read-only root" told "well A first" 300
promise "the data reaches to the end of the disk ($(said well | cut -d ' ' -f 4) MiB)" \
    [ "$(said well | cut -d ' ' -f 4)" -gt 1200 ]
promise "the start is confirmed" grep -q 'A_OK=1.* A_TRY=0' <<<"$(said well)"
promise "the console shows the link of the first login" grep -aqE 'first login.*http://workmate.local:8420/first-login/' "$work/console"

# -- updates

promise "a bundle of strangers is refused on the box" told "refused strange" 500
ok "$(said refused)"
power_off

power_on install_newer
promise "an update installs" told "installed newer" 600
promise "it is started from the other slot" told "started B newer" 400
promise "what is started is what was signed" told "whole B newer" 100
promise "and is well" told "well B newer" 300
promise "and confirmed" grep -q 'ORDER=B A .*B_OK=1 B_TRY=0' <<<"$(said well)"
power_off

# -- updates that are no good

slot=B version=newer
power_on install_mute
promise "a version whose kernel cannot be read is installed" told "installed mute" 600
promise "and GRUB comes back to the slot before it by itself" told "started $slot $version" 400 2
promise "which is well" told "well $slot $version" 300 2
power_off

power_on install_ill
promise "a version that is never well is installed" told "installed ill" 600
promise "and started" told "started [AB] ill" 400
promise "and left by itself for the slot before it" told "started $slot $version" 600 2
promise "which is well" told "well $slot $version" 300 2
power_off

# -- power cuts

good="started [AB] (first|newer)"
for cut in $(seq "$cuts"); do
    power_on install_newer
    promise "cut $cut: it starts" told "$good" 400
    promise "cut $cut: what is started is whole" told "whole [AB]" 100
    promise "cut $cut: and is well" told "well [AB]" 300
    promise "cut $cut: it begins to install" told installing 60
    # From its first moment to well into the start that follows.
    moment=$((RANDOM % 60)).$((RANDOM % 10))
    sleep "$moment"
    power_off
    echo "# cut $cut: $moment seconds after the beginning; $(tail -n 1 "$work/told" | tr -d '\r')"
done
power_on stay
promise "after $cuts power cuts it starts" told "$good" 400
promise "from a slot that is whole" told "whole [AB]" 100
promise "and is well" told "well [AB]" 300
power_off
echo "# Every promise is kept."
