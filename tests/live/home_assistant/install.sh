#!/bin/sh
# Installs the Home Assistant that the live tests talk to, in a Python environment of its own.
#
# usage: install.sh            installs what is missing, then prints the environment's folder
#        install.sh --where    prints the folder; fails when nothing is installed there
#
# HOME_ASSISTANT_SERIES chooses an older one, 2025.4, with which `make soak` repeats the tests.
#
# Every package is pinned by its hash in requirements-SERIES.lock. Home Assistant wants Python 3.13:
# pyenv's is taken, else the system's, else uv fetches one. Nothing outside the folder is touched.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
series=${HOME_ASSISTANT_SERIES:-2026.2}
lock=$here/requirements-$series.lock
cache=${XDG_CACHE_HOME:-$HOME/.cache}/workmate-test-servers
environment=$cache/home-assistant-$series
# The mark holds the hash of the lock file, so that a changed lock installs anew.
mark=$environment/.installed
lock_hash=$(sha256sum "$lock" | cut -d' ' -f1)

if [ "$(cat "$mark" 2>/dev/null)" = "$lock_hash" ]; then
    echo "$environment"
    exit 0
fi
if [ "${1:-}" = --where ]; then
    exit 1
fi

python_3_13() {
    for python in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13.*/bin/python3.13; do
        [ -x "$python" ] && echo "$python" && return
    done
    command -v python3.13
}

mkdir -p "$cache"
# Two runs at once must not write the same folder.
exec 9>"$cache/home-assistant.lock"
flock 9
if [ "$(cat "$mark" 2>/dev/null)" = "$lock_hash" ]; then
    echo "$environment"
    exit 0
fi

echo "installing Home Assistant $series into $environment (some minutes, about 1 GB)" >&2
rm -rf "$environment"
if python=$(python_3_13); then
    "$python" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check uv==0.9.26 >&2
    uv=$environment/bin/uv
else
    python3 -m venv "$cache/uv"
    "$cache/uv/bin/python" -m pip install --quiet --disable-pip-version-check uv==0.9.26 >&2
    uv=$cache/uv/bin/uv
    "$uv" venv --quiet --python 3.13 "$environment" >&2 || {
        echo "Home Assistant needs Python 3.13 (Debian 13 has it; pyenv install 3.13 brings it)" >&2
        exit 1
    }
fi
# Home Assistant declares 3.13.2 and runs on 3.13.0 once its start-up check is told so.
"$uv" pip install --quiet --python "$environment/bin/python" --python-version 3.13.2 \
    --require-hashes --no-deps --requirement "$lock" >&2
sed -i 's/^REQUIRED_PYTHON_VER: .*3, 13, .*/REQUIRED_PYTHON_VER: Final[tuple[int, int, int]] = (3, 13, 0)/' \
    "$environment"/lib/python3.13/site-packages/homeassistant/const.py
echo "$lock_hash" >"$mark"
echo "$environment"
