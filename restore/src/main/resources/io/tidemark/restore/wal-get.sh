#!/bin/sh
# restore_command of a directory restored by Tidemark: wal-get NAME TARGET
#
# Moves the file NAME, which a fetcher or the restore has staged beside this script, to TARGET: a
# rename within one file system. Needs nothing but sh and coreutils. If no fetcher lives, starts one.
#
# Its exit codes are for PostgreSQL, which takes 1 to 125 for "there is no such file" and then ends
# recovery; so 1 is given only when the archive was reached and does not have the file:
#   0    TARGET is there
#   1    the archive was reached and has no such file (a standby also: not reached for $patience s, and
#        at once for half a minute after that: it may have all that it needs in pg_wal)
#   200  anything else; PostgreSQL aborts recovery
launcher=@LAUNCHER@
config=@CONFIG@
cluster=@CLUSTER@
mode=@MODE@
patience=@PATIENCE@

name=$1
target=$2
here=${0%/*}
stage=$here/stage
want=$here/want
unreached=$here/unreached

case $name in
  '' | */* | .*)
    echo "tidemark wal-get: not the name of a WAL file: '$name'" >&2
    exit 200
    ;;
esac

give_up() {
  echo "tidemark wal-get: $name: $1" >&2
  rm -f "$want/$name"
  [ "$mode" = standby ] || exit 200
  : >"$unreached"
  exit 1
}

# A standby that has its WAL in pg_wal asks for each segment of it here first. If it waited for an
# archive that is away each time, it would replay a segment per $patience.
was_just_unreached() {
  [ "$mode" = standby ] && [ -f "$unreached" ] || return 1
  since=$(($(date +%s) - $(stat -c %Y "$unreached")))
  [ "$since" -ge 0 ] && [ "$since" -lt 30 ]
}

# A fetcher of another user cannot be signalled; /proc shows it all the same.
lives() {
  [ -n "$1" ] && { kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ]; }
}

named_in_lives() {
  pid=
  [ -f "$1" ] && read -r pid <"$1"
  lives "$pid"
}

fetcher_lives() {
  named_in_lives "$here/fetcher.pid"
}

# Of two, the second finds the lock taken and ends by itself. In a session of its own, if there is
# setsid: PostgreSQL signals its process group when it is stopped.
start_fetcher() {
  own_session=
  command -v setsid >/dev/null && own_session=setsid
  $own_session "$launcher" wal-fetch --config "$config" --data-directory "$PWD" --mode "$mode" \
    "$cluster" </dev/null >>"$here/fetcher.log" 2>&1 &
  child=$!
  starts=$((starts + 1))
  echo "$child" >"$here/starting"
}

# While redo is busy with what is staged, there is time to start a fetcher for what follows: once,
# since one that has started removes "starting". Whether it did matters to who has to wait, below.
if [ -f "$stage/$name" ] && mv "$stage/$name" "$target"; then
  [ -f "$here/starting" ] || fetcher_lives || [ ! -x "$launcher" ] || start_fetcher
  exit 0
fi

was_just_unreached && exit 1

# Started by an earlier call. Not believed for long: its number may be another's by now.
other_starts() {
  [ "$waited" -lt 1000 ] && named_in_lives "$here/starting"
}

mkdir -p "$stage" "$want" || give_up "cannot write to $here"
# Earlier answers are out of date: the archive may hold more by now.
rm -f "$stage/$name.open" "$stage/$name.absent" "$stage/$name.failed"
: >"$want/$name" || give_up "cannot write to $want"

# In hundredths of a second: quick looks at first, then ten a second.
waited=0
starts=0
child=
reason=
look_at_fetcher=0
limit=$((patience * 100))
# By then even one that was started has answered, unless fetcher.pid names a process of another kind.
doubt=$((limit / 2))
ask_again=0
while [ "$waited" -lt "$limit" ]; do
  for staged in "$stage/$name" "$stage/$name.open"; do
    if [ -f "$staged" ]; then
      mv "$staged" "$target" && rm -f "$want/$name" && exit 0
      give_up "cannot move it to $target"
    fi
  done
  if [ -f "$stage/$name.absent" ]; then
    rm -f "$stage/$name.absent" "$want/$name"
    exit 1
  fi
  if [ -f "$stage/$name.failed" ]; then
    reason=$(cat "$stage/$name.failed")
    rm -f "$stage/$name.failed"
    [ "$mode" = standby ] || give_up "$reason"
    ask_again=$((waited + 100))
  fi
  if [ "$ask_again" -gt 0 ] && [ "$waited" -ge "$ask_again" ]; then
    ask_again=0
    : >"$want/$name"
  fi
  if [ "$waited" -ge "$look_at_fetcher" ]; then
    look_at_fetcher=$((waited + 200))
    if ! fetcher_lives && ! lives "$child" && ! other_starts; then
      [ -x "$launcher" ] || give_up "no fetcher runs, and there is no program $launcher to start one"
      [ "$starts" -lt 3 ] || give_up "the fetcher ends at once: see $here/fetcher.log"
      # One that died may have taken the question with it.
      : >"$want/$name"
      start_fetcher
    fi
  fi
  if [ "$waited" -ge "$doubt" ]; then
    doubt=$limit
    [ ! -x "$launcher" ] || start_fetcher
  fi
  if [ "$waited" -lt 200 ]; then
    sleep 0.01
    waited=$((waited + 1))
  else
    sleep 0.1
    waited=$((waited + 10))
  fi
done
give_up "no answer within $patience s${reason:+, the last: $reason}"
