# shellcheck shell=bash
# Sourced by every shell script here: where things live, how a step is told, how a failure ends.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
RUN=$ROOT/.run
LOG=$RUN/log
VENV=$ROOT/.venv
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pharma_odoo
mkdir -p "$LOG"

# Without this bash goes on after Ctrl-C when the program it waited for (pip) exits by itself.
trap 'exit 130' INT

# The private PostgreSQL (scripts/postgres) listens on a unix socket only. Its path must be short
# (107 characters at most), so it is a hash of where the project lies and who runs it.
PG_SOCKET=/tmp/pharma-pg-$(printf '%s:%s' "$ROOT" "$(id -u)" | sha256sum | cut -c1-12)
if [[ -z ${PGHOST:-} ]]; then
    export PGHOST=$PG_SOCKET PGUSER=odoo
fi

die() {
    printf '✗ %s\n' "$*" >&2
    exit 1
}

# step NAME SENTENCE COMMAND...: one line with the duration; what it prints goes to .run/log/NAME.log.
# The command runs in a subshell of its own, so that `set -e` holds inside functions too.
step() {
    local name=$1 sentence=$2 started=$SECONDS status=0
    shift 2
    printf '· %s … ' "$sentence"
    set +e
    (
        set -e
        trap 'exit 130' INT
        "$@"
    ) >"$LOG/$name.log" 2>&1
    status=$?
    set -e
    if ((status == 0)); then
        printf '%ss\n' $((SECONDS - started))
        return
    fi
    printf 'failed after %ss\n\n' $((SECONDS - started))
    tail -n 25 "$LOG/$name.log" >&2
    echo >&2
    die "$sentence: failed with status $status; the whole log is .run/log/$name.log"
}
