# The Python environment, made once and again when the requirements change. Sourced by colorize
# and check (POSIX sh); expects $repo, sets $venv and $python, the environment's own Python.

say() {
    printf '%s\n' "$*" >&2
}

stop() {
    say "$@"
    exit 2
}

venv=${AUTOCHROME_VENV:-$repo/.venv}
case $venv in
/*) ;;
*) venv=$PWD/$venv ;;
esac
python=$venv/bin/python

# Nothing of the caller's own Python set-up gets in. Bytecode is kept, since every job is a new
# Python that would compile all its modules again, but not in the clone.
unset PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX="$venv/bytecode"

# set_up FILE…: the environment holds what these requirement files of the repository name.
set_up() {
    is_set_up "$@" && return
    if ! [ "$venv" = "$repo/.venv" ] && ! [ -e "$venv/.autochrome.lock" ] &&
        [ -n "$(ls -A -- "$venv" 2>/dev/null)" ]; then
        stop "AUTOCHROME_VENV: $venv holds something that Autochrome did not put there." \
            "Name an empty or a new folder."
    fi
    find_python
    if ! { mkdir -p -- "$venv" && true >>"$venv/.autochrome.lock"; } 2>/dev/null; then
        stop "The folder $venv cannot be written to. Set AUTOCHROME_VENV to a folder that can."
    fi
    exec 9>"$venv/.autochrome.lock"
    wait_for_lock
    if ! is_set_up "$@"; then
        say "Setting up (once, about a minute) …"
        install "$@"
    fi
    exec 9>&-
}

# An interrupted set-up leaves no copies of the requirement files. A Python that was removed or
# replaced by another minor version does not find the environment's packages, pip among them.
is_set_up() {
    for file; do
        cmp -s -- "$repo/$file" "$venv/installed/$file" || return 1
    done
    "$python" -B -c 'import pip' 2>/dev/null
}

find_python() {
    fault="no Python from 3.11 to 3.14 was found."
    for found in python3 python3.14 python3.13 python3.12 python3.11; do
        "$found" -B -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
            2>/dev/null || continue
        "$found" -B -c 'import ensurepip, venv' 2>/dev/null && return
        fault="$found lacks its venv module (on Debian and Ubuntu: the package python3-venv)."
    done
    stop "Autochrome cannot be set up: $fault" \
        "Install Python 3.11, 3.12, 3.13 or 3.14 with venv and pip, then try again."
}

# The lock is the operating system's and ends with the processes that hold it, so none is stale.
# Where the file system has no locks, the set-up goes on without. Nobody who looks or waits writes
# bytecode: it would come to lie in what the set-up at work removes.
wait_for_lock() {
    "$found" -B -c '
import fcntl, sys
try:
    fcntl.flock(0, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("Another set-up is at work here; waiting for it …", file=sys.stderr)
    fcntl.flock(0, fcntl.LOCK_EX)
except OSError:
    pass
' <&9
}

install() {
    log=$venv/setup.log
    if ! is_set_up requirements.txt; then
        find "$venv" -mindepth 1 -maxdepth 1 ! -name .autochrome.lock -exec rm -rf -- {} +
        "$found" -m venv "$venv" >"$log" 2>&1 || stop_set_up
    fi
    rm -rf -- "$venv/installed"
    for file; do
        "$python" -m pip --disable-pip-version-check --no-input install --quiet \
            --require-hashes -r "$repo/$file" >>"$log" 2>&1 || stop_set_up
    done
    mkdir -- "$venv/installed.part" && for file; do
        cp -- "$repo/$file" "$venv/installed.part/$file"
    done && mv -- "$venv/installed.part" "$venv/installed"
}

stop_set_up() {
    tail -n 15 -- "$log" >&2
    stop "The set-up did not succeed: see above, and all of it in $log." \
        "Is there a connection to the package index (pip's), and free disk? Then try again."
}
