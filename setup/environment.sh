#!/bin/sh
# Make .venv: a virtual environment with pictd and its dependencies.
#   environment.sh run    what serving needs
#   environment.sh test   that, and the tools that check pictd
# .venv/made-for-run and .venv/made-for-test are written last and name all that went in, so an
# environment that was left half-made, or made from other versions, is made again from nothing.
# One made to serve gets the tools added when they are first asked for.
set -eu
purpose=$1
here=$(dirname "$0")
cd "$here/.."
here=setup
. "$here/python.sh"

exec 9<"$here/environment.sh"
flock 9                                  # two makes at once: the second waits for the first
"$here/system-packages.sh" "$purpose" 9<&-

python=$(find_python)
made_from=$(
  { echo "$PWD"; "$python" -VV; command -v "$python"
    cat setup.cfg pyproject.toml "$here/constraints.txt" "$here/environment.sh"; } | sha256sum
)
is_made() {
  [ "$(cat ".venv/made-for-$1" 2>/dev/null)" = "$made_from" ] && .venv/bin/python -c ''
}
pip() { .venv/bin/python -m pip --disable-pip-version-check -q "$@" -c "$here/constraints.txt"; }

if is_made "$purpose"; then exit 0; fi
if is_made run; then
  echo "Adding to .venv what the tests need"
else
  echo "Making .venv"
  rm -rf .venv
  "$python" -m venv .venv
  pip install --upgrade 'setuptools>=77'
fi
rm -f .venv/made-for-*
extras=$([ "$purpose" = run ] || echo '[test]')
# An editable installation in the default mode hides the plugin from twistd.
pip install --no-build-isolation --config-settings editable_mode=compat -e ".$extras"
.venv/bin/twistd --help >/dev/null       # writes the plugin cache while nothing else runs
echo "$made_from" > .venv/made-for-run
if [ "$purpose" = test ]; then echo "$made_from" > .venv/made-for-test; fi
