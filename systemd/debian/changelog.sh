#!/bin/sh
# Turns CHANGELOG.md (standard input) into a changelog as Debian writes it: changelog.sh VERSION
#
# "## Unreleased" becomes VERSION; a heading such as "## 1.2.0 (2027-01-31)" keeps its own version and
# day. Without a day it is SOURCE_DATE_EPOCH.
set -eu
export LC_ALL=C.UTF-8 TZ=UTC

maintainer=$(sed -n 's/^Maintainer: //p' "$(dirname "$0")/control")
now=$(date -R -d "@$SOURCE_DATE_EPOCH")
day=

end() { [ -z "$day" ] || printf '\n -- %s  %s\n' "$maintainer" "$day"; }

while IFS= read -r line; do
    case $line in
        '## '*)
            end
            [ -z "$day" ] || echo
            name=${line#'## '}
            day=$now
            case $name in
                Unreleased) name=$1 ;;
                *'('*')'*) day=${name#*'('} day=$(date -R -d "${day%%')'*}") name=${name%% *} ;;
            esac
            printf 'workmate (%s) stable; urgency=medium\n\n' "$name"
            ;;
        '- '*) printf '%s\n' "${line#- }" | fmt -w 74 | sed '1s/^/  * /; 2,$s/^/    /' ;;
    esac
done
end
