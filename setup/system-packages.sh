#!/bin/sh
# See that the machine has what pip can't bring; install it with apt where that is possible.
# With nothing missing this only looks, and needs neither root nor network.
#   system-packages.sh run    what serving needs
#   system-packages.sh test   that, and what the tests and the benchmark compare with
set -eu
purpose=$1
. "$(dirname "$0")/python.sh"
PATH=$PATH:/usr/sbin:/sbin  # ldconfig lies there, and is not on every user's PATH

has_magick() { [ -n "${MAGICK_HOME:-}" ] || ldconfig -p | grep -q 'libMagickWand-[67]'; }

has_postgres() { command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

has_ceph() {  # an object store for the tests
  for program in ceph-mon ceph-osd osdmaptool radosgw radosgw-admin; do
    command -v "$program" >/dev/null || return 1
  done
}

no_cluster() {  # the tests start servers of their own: none is to run on the machine for them
  $root mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' | $root tee /etc/postgresql-common/createcluster.d/pictd.conf >/dev/null
}

magick_package() {
  apt-cache search --names-only '^libmagickwand-[67]\.q16-[0-9]+$' | cut -d ' ' -f 1 | sort | tail -n 1
}

missing() {
  [ -n "$(find_python)" ] || echo python3 python3-venv
  command -v curl >/dev/null || echo curl ca-certificates
  [ "$purpose" = test ] || return 0
  useful
  has_magick || echo libmagickwand
  command -v exiftool >/dev/null || echo libimage-exiftool-perl
  has_postgres || echo postgresql
  has_ceph || echo ceph-mon ceph-osd ceph-common radosgw
}

useful() {  # without it pictd serves, but takes no videos; JPEG XL's library comes with it, too
  command -v ffmpeg >/dev/null || echo ffmpeg
}

become_root() {  # prints the prefix of a command for root; fails where there is no way to be root
  if [ "$(id -u)" -eq 0 ]; then return; fi
  command -v sudo >/dev/null || return 1
  sudo -n true 2>/dev/null || [ -t 0 ] || return 1
  echo sudo
}

named() {  # the packages to ask apt for: ImageMagick's library has its version in its name
  for package; do
    if [ "$package" = libmagickwand ]; then
      package=$(magick_package)
      : "${package:=libmagickwand-6.q16-6}"
    fi
    echo "$package"
  done
}

apt() {
  $root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1
}

complain() {
  cat "$log" >&2
  echo "$0: installing $wanted failed; apt-get's own words are above." >&2
  exit 1
}

install_missing() {
  $root dpkg --configure -a >"$log" 2>&1 || complain  # an earlier run may have been cut short
  case " $wanted " in *" postgresql "*) no_cluster ;; esac
  apt install -y --no-install-recommends $(named $wanted) && return
  apt update || complain                              # no lists yet, or old ones
  apt install -y --no-install-recommends $(named $wanted) || complain
}

required=$(missing | xargs)
wanted=$( (missing; useful) | sort -u | xargs)
[ -n "$wanted" ] || exit 0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! command -v apt-get >/dev/null || ! root=$(become_root); then
  if [ -z "$required" ]; then
    echo "$0: $wanted is missing and can't be installed: no videos, no JPEG XL." >&2
    exit 0
  fi
  echo "$0: missing: $wanted." >&2
  echo "Install these (Debian: apt-get install $(named $wanted | xargs)), then try again;" >&2
  echo "or run this as root, or as a user who may sudo." >&2
  exit 1
fi
echo "Installing $wanted"
install_missing
wanted=$(missing | xargs)
[ -z "$wanted" ] || { echo "$0: still missing after installing: $wanted" >&2; exit 1; }
