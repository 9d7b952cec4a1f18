#!/bin/bash
# Makes the Debian package: target/dist/workmate_VERSION_ARCH.deb. It compiles nothing.
#
# usage: package.sh [--arch ARCH] [--programs FOLDER] [--speaker PROGRAM] [--version VERSION] [--out FOLDER]
#
#   --arch      Debian's name of the machine the programs are for; this machine's unless named
#   --programs  where `workmate` and `workmate-reader` lie; target/release
#   --speaker   a `workmate` that runs here and prints manual pages and completions, where the
#               packed one is for another kind of machine; else the packed one. With its reader beside
#               it, because both are asked which libraries they need
#   --version   the version; Cargo.toml's
#   --out       where the package goes; target/dist
#
# The same commit and programs give the same bytes: every time stamp is SOURCE_DATE_EPOCH (the last
# commit's unless set), owners are root, names are sorted, and one thread compresses, because more
# would cut the data elsewhere. The packages in Depends are those of the libraries that the programs of
# this machine link; they are called the same on every other.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# Outside of Debian dpkg may be missing; that is said below.
arch=$(dpkg --print-architecture 2>/dev/null || echo unknown)
programs=$root/target/release out=$root/target/dist speaker=
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)

while [ $# -gt 0 ]; do
    case $1 in
        --arch) arch=$2 ;;
        --programs) programs=$(realpath "$2") ;;
        --speaker) speaker=$(realpath "$2") ;;
        --version) version=$2 ;;
        --out) mkdir -p "$2" && out=$(realpath "$2") ;;
        *) echo "package.sh: '$1' is not understood" >&2; exit 2 ;;
    esac
    shift 2
done
speaker=${speaker:-$programs/workmate}

fail() { echo "package.sh: $*" >&2; exit 1; }
for tool in dpkg-deb:dpkg dpkg-shlibdeps:dpkg-dev dpkg-architecture:dpkg-dev jq:jq cargo:rustup.rs; do
    command -v "${tool%%:*}" >/dev/null || fail "${tool%%:*} is missing: install ${tool#*:}"
done
for program in workmate workmate-reader; do
    [ -x "$programs/$program" ] || fail "$programs/$program is missing: make build makes it"
done
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
doc=$tree/usr/share/doc/workmate
mkdir -p "$tree/DEBIAN" "$doc"

# -- the programs, side by side, because the daemon looks for its reader beside itself
install -D -m 755 -t "$tree/usr/bin" "$programs/workmate" "$programs/workmate-reader"

# -- the unit: the repository's, with the package's path and manual, and a user that stays
unit=$tree/lib/systemd/system/workmate.service
mkdir -p "$(dirname "$unit")"
sed -e '/^Description=/a Documentation=man:workmate(1)' -e 's|^\(Exec[A-Z][a-z]*=\)/usr/local/bin/|\1/usr/bin/|' \
    -e '/^# A user that exists only while it runs/,/^DynamicUser=yes$/c\
# The package makes this user. It stays, so that files elsewhere (shares, backups) keep their owner.' \
    "$root/systemd/workmate.service" >"$unit"
[ "$(grep -c '^Exec[A-Z][a-z]*=/usr/bin/workmate ' "$unit")" = 2 ] || fail "the unit's ExecStart and ExecReload are not where they were"
grep -q '^User=workmate$' "$unit" || fail "the unit names no user"
! grep -q '^DynamicUser' "$unit" || fail "the unit's DynamicUser is not where it was"

# -- the units that are there for those who want them: nobody enables them
for name in workmate.socket workmate-backup.service workmate-backup.timer; do
    sed -e 's|^ExecStart=/usr/local/bin/|ExecStart=/usr/bin/|' -e '/^DynamicUser=/d' \
        "$root/systemd/$name" >"$(dirname "$unit")/$name"
done

# -- what a person reads and changes
install -D -m 640 "$root/config/workmate.toml" "$tree/etc/workmate/workmate.toml"
mkdir -p "$tree/usr/share/man/man1"
"$speaker" man --dir "$tree/usr/share/man/man1" >/dev/null
install -m 644 "$here/workmate-reader.1" "$tree/usr/share/man/man1/"
gzip -9n "$tree"/usr/share/man/man1/*.1
completions() { mkdir -p "$(dirname "$tree$2")" && "$speaker" completions "$1" >"$tree$2"; }
completions bash /usr/share/bash-completion/completions/workmate
completions zsh /usr/share/zsh/vendor-completions/_workmate
completions fish /usr/share/fish/vendor_completions.d/workmate.fish

# -- what other programs take: Home Assistant's cards and automations (the add-on is a way of its own
#    to install workmate, and no use here), Grafana's dashboard
for file in automations.yaml dashboard.yaml; do
    install -D -m 644 -t "$tree/usr/share/workmate/home-assistant" "$root/config/home-assistant/$file"
done
cp -R "$root/config/home-assistant/blueprints" "$tree/usr/share/workmate/home-assistant/"
if [ -d "$root/config/grafana" ]; then
    install -D -m 644 -t "$tree/usr/share/workmate/grafana" "$root"/config/grafana/*.json
fi

# -- what the law and Debian want to be told
install -m 644 "$here/copyright" "$doc/copyright"
"$here/changelog.sh" "$version" <"$root/CHANGELOG.md" | gzip -9n >"$doc/changelog.gz"
(cd "$root" && "$here/crates.sh" "$arch") | gzip -9n >"$doc/crates.gz"
install -D -m 644 "$here/lintian-overrides" "$tree/usr/share/lintian/overrides/workmate"

# -- control: the libraries' packages are asked from the programs themselves
mkdir -p "$work/asked/debian"
printf 'Source: workmate\n\nPackage: workmate\nArchitecture: any\n' >"$work/asked/debian/control"
libraries=$(cd "$work/asked" && dpkg-shlibdeps -O \
    -e"$speaker" -e"$(dirname "$speaker")/workmate-reader" | sed -n 's/^shlibs:Depends=//p')
[ -n "$libraries" ] || fail "no package is known for the libraries of $arch"
installed=$(du -k -s --apparent-size --exclude=DEBIAN "$tree" | cut -f1)
sed -e "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@INSTALLED@/$installed/; s/@LIBRARIES@/$libraries/" \
    -e '/^#/d' "$here/control" >"$tree/DEBIAN/control"
echo /etc/workmate/workmate.toml >"$tree/DEBIAN/conffiles"
for script in preinst postinst prerm postrm; do
    sed "s/@VERSION@/$version/" "$here/$script" >"$tree/DEBIAN/$script"
    chmod 755 "$tree/DEBIAN/$script"
done
(cd "$tree" && find . -path ./DEBIAN -prune -o -type f ! -path ./etc/workmate/workmate.toml -printf '%P\n' |
    sort | xargs -d '\n' md5sum) >"$tree/DEBIAN/md5sums"

find "$tree" -type d -exec chmod 755 {} +
find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$out"
package=$out/workmate_${version}_$arch.deb
dpkg-deb --root-owner-group --threads-max=1 -Zxz --build "$tree" "$package" >/dev/null
echo "$package"
