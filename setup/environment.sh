#!/bin/sh
# Make .venv: a virtual environment with pictd, its dependencies and the tools that check it.
# .venv/made-from is written last and names all that went in, so an environment that was left
# half-made, or made from other versions, is made again from nothing.
set -eu
here=$(dirname "$0")
cd "$here/.."
here=setup
. "$here/python.sh"

exec 9<"$here/environment.sh"
flock 9                                  # two makes at once: the second waits for the first
"$here/system-packages.sh" 9<&-

python=$(find_python)
made_from=$(
  { echo "$PWD"; "$python" -VV; command -v "$python"
    cat setup.cfg pyproject.toml "$here/constraints.txt" "$here/environment.sh"; } | sha256sum
)
if [ "$(cat .venv/made-from 2>/dev/null)" = "$made_from" ] && .venv/bin/python -c ''; then
  exit 0
fi

echo "Making .venv"
pip() { .venv/bin/python -m pip --disable-pip-version-check -q "$@" -c "$here/constraints.txt"; }
rm -rf .venv
"$python" -m venv .venv
pip install --upgrade 'setuptools>=77'
# An editable installation in the default mode hides the plugin from twistd.
pip install --no-build-isolation --config-settings editable_mode=compat -e '.[test]'
.venv/bin/twistd --help >/dev/null       # writes the plugin cache while nothing else runs
echo "$made_from" > .venv/made-from
