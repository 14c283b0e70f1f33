#!/bin/sh
# Start pictd on this machine, with everything it keeps under ./data. Settings already in the
# environment win, under either prefix.
set -eu
cd "$(dirname "$0")/.."

given() {  # the value the operator gave to a setting, e.g. SERVER__ADDRESS; nothing if none
  eval "echo \"\${PICTD__$1:-\${PICTRS__$1:-}}\""
}
default() {
  [ -n "$(given "$1")" ] || export "PICTD__$1=$2"
}

default SERVER__ADDRESS 127.0.0.1:8080
default SERVER__TEMPORARY_DIRECTORY "$PWD/data/tmp"
default REPO__TYPE sqlite
if [ "$(given REPO__TYPE)" = sqlite ]; then
  default REPO__PATH "$PWD/data/pictd.sqlite3"
  default REPO__EXPORT_PATH "$PWD/data/exports"
fi
default STORE__TYPE filesystem
if [ "$(given STORE__TYPE)" = filesystem ]; then
  default STORE__PATH "$PWD/data/files"
fi
mkdir -p data/tmp

url=http://$(given SERVER__ADDRESS)
cat <<TRY
To try it, with FILE the name that the first line answers:
  curl -F 'images[]=@photo.jpg' $url/image
  curl -o photo-again.jpg $url/image/original/FILE
  curl -o small.webp '$url/image/process.webp?src=FILE&thumbnail=256'
The routes under /internal need a key: set PICTD__SERVER__API_KEY, send it as X-Api-Token.
TRY
exec .venv/bin/twistd --nodaemon --pidfile= pictd run
