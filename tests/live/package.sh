#!/bin/bash
# Installs the Debian package in a fresh Debian 12 under a real systemd, and holds it to its promises:
# package.sh [PACKAGE.deb], the one in target/dist unless named. `make package-test` runs it. With
# DEBIAN=trixie in the environment it is Debian 13.
#
# The machine is a container of systemd-nspawn without a network, so it needs root. Its root is made
# once with mmdebstrap and kept beside the other servers of the live tests. Nothing of this machine
# is changed but that cache; what is missing here is named, nothing is skipped.
set -euo pipefail
package=${1:+$(realpath "$1")}
cd "$(dirname "$0")"

# The reader needs Landlock, which nspawn's own list of system calls leaves out.
calls="landlock_create_ruleset landlock_add_rule landlock_restrict_self"
data=/var/lib/workmate

# -- words of the test

work='' machine='' leader=''
say() { printf '%s\n' "$*"; }
kept() { printf 'kept    %s\n' "$*"; }
broken() {
    printf 'BROKEN  %s\n' "$*" >&2
    if [ -n "$leader" ]; then
        in_it journalctl --no-pager --output=short --lines=40 --unit=workmate --unit=init.scope >&2 || true
    fi
    exit 1
}
# promise SENTENCE COMMAND…
promise() {
    local sentence=$1
    shift
    "$@" || broken "$sentence"
    kept "$sentence"
}
# A command in the container; its output is the command's.
in_it() { nsenter -t "$leader" -m -u -i -n -p -C -r -w "$@"; }
# until_it SECONDS COMMAND…
until_it() {
    local rounds=$(($1 * 5))
    shift
    until "$@" >/dev/null 2>&1; do
        rounds=$((rounds - 1))
        [ "$rounds" -gt 0 ] || return 1
        sleep 0.2
    done
}
shown() { in_it systemctl show workmate --value --property="$1"; }
is() { [ "$(shown "$1")" = "$2" ]; }
is_running() { is ActiveState active && in_it workmate health >/dev/null; }
logged() { in_it journalctl --no-pager --output=cat --unit=workmate --since="@$since" | grep -qE "$1"; }
from_now() { since=$(date +%s.%N); }
api() { in_it curl --silent --fail --header "Authorization: Bearer $token" "http://127.0.0.1:8420/api/v1/$1"; }
understood() { api documents | jq '[.documents[] | select(.stage.name == "understood")] | length'; }
understood_is() { [ "$(understood)" = "$1" ]; }
stage_of() { api documents | jq -r --arg id "$1" '.documents[] | select(.id == $id) | .stage.name'; }
stage_is() { [ "$(stage_of "$1")" = "$2" ]; }
is_there() { in_it test -e "$1"; }
is_gone() { ! in_it test -e "$1"; }
# What it said is in $work/apt.
apt() {
    in_it env DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 --no-install-recommends "$@" \
        </dev/null >"$work/apt" 2>&1 || { cat "$work/apt" >&2; return 1; }
}
version_is() { [ "$(in_it dpkg-query --show --showformat='${Version}' workmate)" = "$1" ]; }
drop_in() { in_it sh -c "mkdir -p /etc/systemd/system/workmate.service.d && cat >/etc/systemd/system/workmate.service.d/$1.conf && systemctl daemon-reload"; }

close() {
    if [ -n "$machine" ] && kill -TERM "$machine" 2>/dev/null; then
        until_it 20 eval '! kill -0 $machine' || kill -KILL "$machine"
    fi
    [ -z "$work" ] || rm -rf "$work"
}
trap close EXIT
trap 'exit 130' INT TERM
trap 'broken "line $LINENO of the test went wrong"' ERR

# -- what this machine must have

missing=
for tool in systemd-nspawn:systemd-container mmdebstrap:mmdebstrap lintian:lintian dpkg-deb:dpkg jq:jq \
    pdftoppm:poppler-utils python3:python3 nsenter:util-linux; do
    command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool#*:}"
done
[ -z "$missing" ] || { say "package.sh: missing here: apt-get install$missing" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { say "package.sh: a container with systemd needs root: sudo tests/live/package.sh" >&2; exit 1; }
if [ -z "$package" ]; then
    package=$(find ../../target/dist -name "workmate_*_$(dpkg --print-architecture).deb" 2>/dev/null | sort -V | tail -n 1)
fi
[ -f "$package" ] || { say "package.sh: no package in target/dist: make dist-native makes it" >&2; exit 1; }
version=$(dpkg-deb --field "$package" Version)
newer=$version+newer
say "$package: $(stat -c %s "$package") bytes, $(dpkg-deb --field "$package" Installed-Size) kB installed"

# -- the package by itself

promise "lintian finds no error" lintian --allow-root --fail-on=error "$package"

base=$(package/root.sh) || { say "package.sh: the Debian root could not be made" >&2; exit 1; }

# -- a machine of its own

work=$(mktemp -d)
root=$work/root
mkdir "$root" && tar -xf "$base" -C "$root"
rm -f "$root"/etc/systemd/system/timers.target.wants/*
: >"$root/etc/machine-id"
cp "$package" "$root/root/this.deb"
cp ../fixtures/files/locked-aes128.pdf ../fixtures/files/locked-rc4.pdf "$root/root/"
# The same programs as a newer version.
dpkg-deb --raw-extract "$package" "$work/newer"
sed -i "s/^Version: .*/Version: $newer/" "$work/newer/DEBIAN/control"
sed -i "s/\"$version\"/\"$newer\"/; s/workmate $version /workmate $newer /" "$work/newer/DEBIAN/preinst"
dpkg-deb --root-owner-group -Zgzip -z1 --build "$work/newer" "$root/root/newer.deb" >/dev/null
rm -rf "$work/newer"
for number in 1 2 3; do
    package/letter.py "$root/root/letter-$number.pdf" "10441$number"
done
pdftoppm -r 150 -gray -png -singlefile "$root/root/letter-1.pdf" "$root/root/scan"
pdftoppm -r 600 -gray -png -singlefile "$root/root/letter-2.pdf" "$root/root/large"

# Where this machine's control groups are of the old kind, a newer systemd wants to be told to start.
setsid systemd-nspawn --register=no --keep-unit --link-journal=no --console=pipe --private-network \
    --setenv=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 --system-call-filter="$calls" \
    --machine="workmate-$$" --boot --directory="$root" \
    >"$work/console" 2>&1 </dev/null &
machine=$!
find_leader() {
    local child
    for child in $(cat /proc/"$machine"/task/*/children); do
        [ "$(cat "/proc/$child/comm")" != systemd ] || leader=$child
    done
    [ -n "$leader" ] && in_it systemctl is-system-running | grep -qE 'running|degraded'
}
until_it 60 find_leader || { cat "$work/console" >&2; broken "the machine starts"; }

# -- installed

# What was installed by hand and left would hide the package's unit.
in_it sh -c 'echo >/etc/systemd/system/workmate.service'
promise "it installs" apt install /root/this.deb
promise "a unit made by hand that hides its own is named" grep -q 'hides the unit' "$work/apt"
in_it sh -c 'rm /etc/systemd/system/workmate.service && systemctl daemon-reload'
apt purge workmate
promise "it installs on a fresh machine" apt install /root/this.deb
promise "the service is active when the package is" is ActiveState active
promise "the service is enabled" in_it systemctl --quiet is-enabled workmate
promise "workmate health says well" [ "$(in_it workmate health)" = well ]
promise "/health answers" in_it curl --silent --fail --output /dev/null http://127.0.0.1:8420/health
promise "only root and the service read the configuration" \
    [ "$(in_it stat -c '%a %U:%G' /etc/workmate/workmate.toml)" = "640 root:workmate" ]
promise "only the service reads the documents" [ "$(in_it stat -c '%a %U' $data)" = "700 workmate" ]
promise "the unit waits for the disks of its folders" \
    grep -q "$data" <<<"$(shown RequiresMountsFor)"
promise "this systemd knows every line of the unit" \
    [ -z "$(in_it systemd-analyze verify --man=no /lib/systemd/system/workmate.service 2>&1)" ]
exposed() {
    in_it systemd-analyze security --offline=true --threshold=15 --no-pager \
        /lib/systemd/system/workmate.service >"$work/exposure" && tail -n 1 "$work/exposure"
}
promise "its exposure is at most 1.5" exposed
promise "the manual page and the completions are there" in_it test -s /usr/share/man/man1/workmate.1.gz \
    -a -s /usr/share/bash-completion/completions/workmate -a -s /usr/share/zsh/vendor-completions/_workmate \
    -a -s /usr/share/fish/vendor_completions.d/workmate.fish

# -- it reads, with all its walls, inside the unit's walls

echo a-password-of-the-test | in_it workmate person add Anna >/dev/null
token=$(in_it workmate token create test)
scan=$(in_it workmate add /root/scan.png | cut -d ' ' -f 1)
in_it workmate add /root/letter-2.pdf >/dev/null
promise "a scan and a PDF become understood" until_it 60 understood_is 2
promise "the scan is a bill with its sum" [ "$(api tasks | jq -r '[.tasks[].amount] | unique[]')" = 84.20 ]
promise "journalctl DOCUMENT_ID=… tells what became of it" [ "$(in_it journalctl --no-pager --output=cat "DOCUMENT_ID=$scan")" = \
    "a document was accepted
a document was read
a document was understood" ]
promise "the journal's entries have fields" in_it sh -c "journalctl --no-pager --output=json DOCUMENT_ID=$scan |
    grep -q '\"VERSION\":'"
task=$(api tasks | jq -r '.tasks[0].id')
in_it curl --silent --fail --output /dev/null --header "Authorization: Bearer $token" --header 'Content-Type: application/json' \
    --data '{"answer":"done"}' "http://127.0.0.1:8420/api/v1/tasks/$task/answer"
promise "journalctl TASK_ID=… tells the story of a task" [ "$(in_it journalctl --no-pager --output=cat "TASK_ID=$task")" = \
    "task derived
task done" ]
# The same look at the machine, in a unit with the same walls.
in_it sh -c "sed -e 's/^Type=.*/Type=oneshot/; s/ serve\$/ doctor/; /^Restart/d; /^WatchdogSec/d; /^NotifyAccess/d' \
    /lib/systemd/system/workmate.service >/run/systemd/system/doctor.service && systemctl daemon-reload"
promise "workmate doctor finds nothing wrong inside the unit" in_it systemctl start doctor
walls() { grep -F "reader's walls" || true; }
promise "the reader has every wall of this kernel inside the unit" [ \
    "$(in_it journalctl --no-pager --output=cat --unit=doctor | walls)" = "$(in_it workmate doctor | walls)" ]
in_it workmate doctor | walls

# -- it comes back

before=$(shown MainPID)
is_another() { is_running && [ "$(shown MainPID)" != "$before" ]; }
in_it sh -c "kill -KILL $before"
promise "killed, it is started again" until_it 30 is_another
drop_in watchdog <<<$'[Service]\nWatchdogSec=3'
in_it systemctl restart workmate
before=$(shown MainPID)
from_now
in_it sh -c "kill -STOP $before"
promise "hanging, it is started again by the watchdog" until_it 60 is_another
promise "the journal says that the watchdog did it" logged '[Ww]atchdog'
promise "nothing is lost" understood_is 2
from_now
in_it systemctl stop workmate
promise "stopped, it ends softly" is Result success
in_it sh -c 'rm -r /etc/systemd/system/workmate.service.d; systemctl daemon-reload'

# -- little memory

# The kernel's limit as MemoryMax sets it; control groups of the old kind do not reach into a container.
limit() {
    local group=/sys/fs/cgroup/memory/workmate-test-$$
    if [ ! -d /sys/fs/cgroup/memory ]; then
        drop_in memory <<<$'[Service]\nMemoryMax=64M\nMemorySwapMax=0'
        in_it systemctl restart workmate
    else
        in_it systemctl restart workmate
        mkdir "$group"
        echo 64M >"$group/memory.limit_in_bytes"
        awk -v main="$(shown MainPID)" '/^Name:/ { name = $2 } /^NSpid:/ && $NF == main && name == "workmate" { print $2 }' \
            /proc/[0-9]*/status 2>/dev/null >"$group/cgroup.procs"
    fi
}
in_it systemctl start workmate
promise "the unit leaves memory to the rest of the machine" [ "$(shown MemoryMax)" != infinity ]
limit
before=$(shown MainPID)
large=$(in_it workmate add /root/large.png | cut -d ' ' -f 1)
promise "a page that needs more memory than there is gets stuck" until_it 120 stage_is "$large" stuck
promise "and says why" grep -qi 'speicher' <<<"$(api "documents/$large" | jq -r .stage.reason)"
promise "the daemon is the same as before" is MainPID "$before"
promise "and is well" is_running
in_it systemctl stop workmate
rmdir "/sys/fs/cgroup/memory/workmate-test-$$" 2>/dev/null || true
in_it sh -c 'rm -rf /etc/systemd/system/workmate.service.d; systemctl daemon-reload'

# -- disks that are full, read-only or not there

in_it sh -c "mv $data /srv/kept && mkdir -m 700 $data && mount -t tmpfs -o size=1m,mode=700 none $data &&
    chown workmate: $data && { head -c 2M /dev/zero >$data/fill 2>/dev/null || true; }"
from_now
in_it systemctl start workmate 2>/dev/null && broken "on a full disk it does not pretend to have started"
promise "on a full disk the unit is failing" is Result exit-code
promise "and the journal says that the disk is full" logged '[Nn]o space|full'
in_it journalctl --no-pager --output=cat --unit=workmate --since="@$since" _COMM=workmate | sort -u | sed 's/^/        /'
in_it rm "$data/fill"
in_it mount -o remount,size=64m "$data"
promise "with room again it starts by itself" until_it 30 is_running
in_it sh -c "head -c 80M /dev/zero >$data/fill 2>/dev/null || true"
from_now
in_it workmate add /root/letter-3.pdf >"$work/refused" 2>&1 && broken "a document that has no room is not accepted"
kept "a document that has no room is refused: $(tail -n 1 "$work/refused")"
in_it rm "$data/fill"
promise "with room again it is taken" eval 'in_it workmate add /root/letter-3.pdf >/dev/null'
in_it systemctl stop workmate
in_it mount -o remount,ro "$data"
from_now
in_it systemctl start workmate 2>/dev/null && broken "on a read-only disk it does not pretend to have started"
promise "on a read-only disk the unit is failing" eval 'is Result exit-code || is Result resources'
promise "and the journal says that it cannot write" logged '[Rr]ead-only'
in_it journalctl --no-pager --output=cat --unit=workmate --since="@$since" | grep -i 'read-only' | sort -u | head -n 3 | sed 's/^/        /'
in_it mount -o remount,rw "$data"
promise "writable again it starts by itself" until_it 30 is_running
in_it systemctl stop workmate
in_it umount "$data"
# A disk that cannot be mounted.
in_it sh -c "printf '[Mount]\nWhat=/etc/hostname\nType=ext4\nWhere=$data\n' >/run/systemd/system/var-lib-workmate.mount
    systemctl daemon-reload"
in_it systemctl start workmate 2>/dev/null && broken "without its disk it does not start"
promise "without its disk it writes nothing elsewhere" is_gone "$data/workmate.sqlite"
in_it sh -c "rm /run/systemd/system/var-lib-workmate.mount; systemctl daemon-reload; systemctl reset-failed
    rmdir $data; mv /srv/kept $data; systemctl start workmate"
promise "with it, it starts" until_it 30 is_running

# -- a configuration that is wrong

in_it sed -i 's/^listen = "0/lissen = "0/' /etc/workmate/workmate.toml
from_now
in_it systemctl restart workmate 2>/dev/null && broken "with a wrong configuration it does not start"
promise "the journal names file, line and key" logged 'workmate.toml.*lissen|lissen.*workmate.toml'
in_it journalctl --no-pager --output=cat --since="@$since" _COMM=workmate | sort -u | sed 's/^/        /'
in_it sed -i 's/^lissen = /listen = /' /etc/workmate/workmate.toml
promise "mended, it starts by itself" until_it 30 is_running

# -- a configuration that is taken while it runs

in_it sed -i 's|^public_url = .*|public_url = "http://nas.example"|' /etc/workmate/workmate.toml
before=$(shown MainPID)
from_now
promise "systemctl reload takes a changed configuration" in_it systemctl reload workmate
promise "and returns when it holds" logged 'listens on http://nas.example'
promise "as the same process" is MainPID "$before"
promise "of a unit that is active" is ActiveState active
in_it sed -i 's|^public_url = .*|public_url = "http://nas.example"\npublik_url = ""|' /etc/workmate/workmate.toml
from_now
in_it systemctl reload workmate 2>/dev/null && broken "a wrong configuration is not taken"
promise "a wrong one is refused, and the journal says why" logged 'no key.*publik_url'
promise "and all goes on" in_it curl --silent --fail --output /dev/null http://127.0.0.1:8420/health
promise "as before" is MainPID "$before"
in_it sed -i -e '/^publik_url/d' -e 's|^public_url = .*|public_url = ""|' /etc/workmate/workmate.toml
promise "a hangup of its process is a reload too" in_it systemctl kill --signal=HUP --kill-whom=main workmate
promise "which takes what is right again" until_it 30 logged 'listens on http://localhost'
promise "as the same process" is MainPID "$before"

# -- newer, older, gone

in_it sh -c 'mkdir /srv/backup && chown workmate: /srv/backup'
drop_in backup <<<$'[Service]\nReadWritePaths=/srv/backup'
in_it systemctl restart workmate
promise "a backup is made into a folder of a drop-in" in_it workmate backup /srv/backup
drop_in folder <<<$'[Service]\nEnvironment=WORKMATE_BACKUP__FOLDER=/srv/backup'
in_it systemctl restart workmate
promise "systemd's own unit has it make one" in_it systemctl start workmate-backup.service
in_it systemctl --quiet enable --now workmate-backup.timer
promise "and its timer says when the next is due" in_it sh -c \
    'systemctl list-timers --no-legend workmate-backup.timer | grep -q workmate-backup.service'
promise "whoever knocks while it reloads waits" in_it sh -c 'systemctl reload workmate & for knock in $(seq 40); do
    curl --silent --fail --max-time 30 --output /dev/null http://127.0.0.1:8420/health || exit 1; done; wait'
# The backup of this day is what comes back below: none is made by itself from here on.
in_it sh -c 'rm /etc/systemd/system/workmate.service.d/folder.conf; systemctl daemon-reload; systemctl stop workmate'
in_it systemctl --quiet enable --now workmate.socket
promise "systemd keeps its port: whoever knocks starts it" \
    in_it curl --silent --fail --max-time 30 --output /dev/null http://127.0.0.1:8420/health
promise "and nobody is turned away while it starts again" in_it sh -c 'systemctl restart workmate & for knock in $(seq 40); do
    curl --silent --fail --max-time 30 --output /dev/null http://127.0.0.1:8420/health || exit 1; done; wait'
in_it sed -i 's|^zone = .*|zone = "Europe/Vienna"|' /etc/workmate/workmate.toml
before=$(shown MainPID)
promise "a newer version installs over it" apt install /root/newer.deb
promise "it runs again after the upgrade" is_another
promise "the upgrade keeps documents" understood_is 2
promise "the upgrade keeps what was written into the configuration" in_it grep -q Europe/Vienna /etc/workmate/workmate.toml
in_it workmate add /root/letter-3.pdf >/dev/null
promise "the newer version reads" until_it 60 understood_is 3
# A secret that only root can read reaches the service as a credential of systemd.
locked=$(in_it workmate add /root/locked-aes128.pdf | cut -d ' ' -f 1)
promise "a locked PDF is stuck without its password" until_it 30 stage_is "$locked" stuck
in_it sh -c 'umask 077; echo geheim >/etc/workmate/pdf-passwords'
drop_in credential <<<$'[Service]\nLoadCredential=pdf-passwords:/etc/workmate/pdf-passwords'
in_it systemctl restart workmate
locked=$(in_it workmate add /root/locked-rc4.pdf | cut -d ' ' -f 1)
promise "with its password in a credential it is read" until_it 30 stage_is "$locked" understood
apt --allow-downgrades install /root/this.deb 2>/dev/null && broken "an older version is refused"
promise "an older version is refused with the way back" grep -q 'The way back' "$work/apt"
promise "the newer one still is installed" version_is "$newer"
promise "and runs" until_it 30 is_running
apt remove workmate
promise "removed, it does not run" eval '! in_it sh -c "cat /proc/[0-9]*/comm" | grep -qx workmate'
promise "removed, it keeps documents" is_there "$data/workmate.sqlite"
promise "removed, it keeps the configuration" is_there /etc/workmate/workmate.toml
# The way back, word for word.
in_it mv $data "$data-$newer"
promise "with the newer documents put aside, the older version installs" apt install /root/this.deb
in_it service workmate stop
in_it find $data -mindepth 1 -delete
promise "the backup comes back" in_it runuser -u workmate -- workmate restore /srv/backup
in_it service workmate start
promise "the older version runs on it" until_it 30 is_running
promise "with the documents of that day" understood_is 2
apt purge workmate
promise "purged, documents are gone" is_gone "$data"
promise "purged, the configuration is gone" is_gone /etc/workmate
promise "purged, nothing else is left of it" [ -z "$(in_it find / -xdev -name '*workmate*' \
    -not -path '/proc/*' -not -path "$data-$newer*" -not -path '/srv/backup/*' -not -path '/etc/systemd/system/workmate.service.d*')" ]
promise "no unit is left failing" [ -z "$(in_it systemctl --failed --no-legend)" ]
say "Every promise of the package is kept."
