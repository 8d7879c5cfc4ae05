# shellcheck shell=bash
# What the user sees, and processes in the background that end with the script.

say() {
  printf '==> %s\n' "$*"
}

warn() {
  printf 'vmsnap: %s\n' "$*" >&2
}

die() {
  warn "$@"
  exit 1
}

# Process groups that this run started and has not waited for.
BACKGROUND=()

# A group, because Ctrl-C does not reach processes in the background, and they have children.
stop_background() {
  local group
  for group in "${BACKGROUND[@]}"; do
    kill -TERM -- "-$group" 2>/dev/null || true
  done
}
trap stop_background EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# in_background LOG COMMAND...: sets STARTED to its process id.
in_background() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  setsid "$@" >"$log" 2>&1 </dev/null &
  STARTED=$!
  BACKGROUND+=("$STARTED")
}

# wait_for PID WHAT LOG [PROGRESS-FILE]: shows that time passes, and why it failed if it did.
wait_for() {
  local pid=$1 what=$2 log=$3 progress=${4:-} started=$SECONDS status=0
  while kill -0 "$pid" 2>/dev/null; do
    show_progress "$what" $((SECONDS - started)) "$progress"
    sleep 1
  done
  end_progress
  wait "$pid" || status=$?
  BACKGROUND=("${BACKGROUND[@]/$pid/}")
  forget_empty_background
  [[ $status -eq 0 ]] || report_failure "$what" "$status" "$log"
  return "$status"
}

forget_empty_background() {
  local group kept=()
  for group in "${BACKGROUND[@]}"; do
    [[ -z $group ]] || kept+=("$group")
  done
  BACKGROUND=("${kept[@]}")
}

# On a terminal one line that changes; in a log a line now and then, so that CI sees life.
show_progress() {
  local what=$1 elapsed=$2 file=$3 detail=
  [[ -z $file || ! -s $file ]] || detail=": $(<"$file")"
  if [[ -t 1 ]]; then
    printf '\r\033[K    %s%s (%d s)' "$what" "$detail" "$elapsed"
  elif ((elapsed % 30 == 0 && elapsed > 0)); then
    printf '    %s%s (%d s)\n' "$what" "$detail" "$elapsed"
  fi
}

end_progress() {
  [[ ! -t 1 ]] || printf '\r\033[K'
}

report_failure() {
  local what=$1 status=$2 log=$3
  if grep -q '^\[ERROR\]' "$log" 2>/dev/null; then
    # Maven names the cause first and then talks on.
    warn "$what: failed with status $status. The errors in $log:"
    grep '^\[ERROR\]' "$log" | head -n 12 | cut -c 1-400 | sed 's/^/    /' >&2 || true
  else
    warn "$what: failed with status $status. The end of $log:"
    tail -n 15 "$log" | sed 's/^/    /' >&2 || true
  fi
}

# logged NAME WHAT COMMAND...: runs a command with its output in a log of that name.
logged() {
  local log=$CACHE/logs/$1.log what=$2
  shift 2
  in_background "$log" "$@"
  wait_for "$STARTED" "$what" "$log"
}

# The only door to a network, besides Maven's own.
require_network() {
  [[ -z ${VMSNAP_OFFLINE:-} ]] || die "$1, which needs a network, but VMSNAP_OFFLINE is set"
}
