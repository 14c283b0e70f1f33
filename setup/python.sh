# Sourced: which Python to use.

# Print the first Python of at least 3.11 that can make virtual environments; nothing if there is
# none. $PYTHON, where set, is the only one looked at.
find_python() {
  for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3}
  do
    if "$candidate" -c '
import sys, venv, ensurepip, ctypes, sqlite3, ssl
sys.exit(sys.version_info < (3, 11))' 2>/dev/null
    then
      command -v "$candidate"
      return
    fi
  done
}
