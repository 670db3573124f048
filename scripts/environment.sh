# Sourced by the scripts: makes and keeps the virtual environments that they run in.
# One rule: an environment counts as ready only while its stamp, written last, says what it was made from.
# Whatever is interrupted, or no longer matches, is made again from nothing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What a user has set for other Pythons must not leak into ours.
unset PYTHONHOME PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# find_python: print the Python to build with. The newest version that is tested; the environment variable PYTHON decides otherwise.
find_python() {
  local is_suitable='import sys; sys.exit(sys.version_info < (3, 11))'
  local can_make_environments='import ensurepip, venv'
  if [[ -n ${PYTHON:-} ]]; then
    "$PYTHON" -c "$is_suitable" || fail "PYTHON is $PYTHON, which is not Python 3.11 or newer."
    printf '%s\n' "$PYTHON"
    return
  fi
  local check candidate
  # First those that are complete; then those that can be completed.
  for check in "$is_suitable; $can_make_environments" "$is_suitable"; do
    for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do
      # Asked by running it: version managers leave names on the path that don't run.
      if "$candidate" -c "import sys; $check" >/dev/null 2>&1; then
        printf '%s\n' "$candidate"
        return
      fi
    done
  done
  fail "No Python 3.11 or newer on the path. Install one (https://www.python.org/downloads/), or name it: PYTHON=/path/to/python3 $0"
}

# fingerprint PYTHON EXTRA: print what an environment made now would be made from.
fingerprint() {
  "$1" - "$root" "$2" <<'EOF'
import hashlib
import pathlib
import sys

root, extra = sys.argv[1:]
project = hashlib.sha256(pathlib.Path(root, "pyproject.toml").read_bytes()).hexdigest()
print(f"{project} {extra} {root} {sys.version}".replace("\n", " "))
EOF
}

# is_ready ENVIRONMENT EXTRA
is_ready() {
  [[ -x $1/bin/python && -f $1/stamp ]] &&
    [[ $(<"$1/stamp") == "$(fingerprint "${PYTHON:-$1/bin/python}" "$2" 2>/dev/null)" ]]
}

# install_pip PYTHON ENVIRONMENT: for Pythons that come without ensurepip, as some distributions package them.
install_pip() {
  "$1" -m pip --python "$2/bin/python" install --quiet pip 2>/dev/null && return
  "$2/bin/python" - <<'EOF' || fail "$1 can't install pip. Install its packages for virtual environments (Debian, Ubuntu: apt install python3-venv)."
import subprocess
import sys
import tempfile
import urllib.request

with tempfile.NamedTemporaryFile(suffix=".py") as installer:
    try:
        with urllib.request.urlopen("https://bootstrap.pypa.io/get-pip.py", timeout=60) as answer:
            installer.write(answer.read())
    except OSError as exc:
        sys.exit(f"pip's installer can't be fetched: {exc}")
    installer.flush()
    sys.exit(subprocess.call([sys.executable, installer.name, "--quiet"]))
EOF
}

# build ENVIRONMENT EXTRA PYTHON
build() {
  local python=$3
  printf 'Making %s with %s, once; this takes a minute ...\n' "$1" "$("$python" --version)" >&2
  rm -f "$1/stamp"
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv --clear "$1"
  else
    "$python" -m venv --clear --without-pip "$1"
    install_pip "$python" "$1"
  fi
  "$1/bin/python" -m pip install --quiet --editable "$root[$2]" ||
    fail "The installation into $1 failed; the lines above say why. Run the command again to try again."
  fingerprint "$1/bin/python" "$2" >"$1/stamp.new"
  mv "$1/stamp.new" "$1/stamp"
}

# make_environment NAME EXTRA: see to it that the environment NAME has the project, editable, with an extra.
make_environment() {
  local environment=$root/$1 python
  is_ready "$environment" "$2" && return
  python=$(find_python)
  # One build at a time. The lock belongs to the open file, so it ends with the last process that has it open.
  exec 9<"$root/pyproject.toml"
  "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' 2>/dev/null || true
  is_ready "$environment" "$2" || build "$environment" "$2" "$python"
  exec 9<&-
}
