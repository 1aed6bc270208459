#!/bin/sh
# restore_command of a directory restored by Tidemark: wal-get NAME TARGET
#
# Moves the file NAME, which a fetcher has staged beside this script, to TARGET: a rename within one
# file system. Needs nothing but sh and coreutils. If no fetcher lives, starts one, once.
#
# Its exit codes are for PostgreSQL, which takes 1 to 125 for "there is no such file" and then ends
# recovery; so 1 is given only when the archive was reached and does not have the file:
#   0    TARGET is there
#   1    the archive was reached and has no such file (a standby also: not reached for $patience s)
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

[ -f "$stage/$name" ] && mv "$stage/$name" "$target" && exit 0

give_up() {
  echo "tidemark wal-get: $name: $1" >&2
  rm -f "$want/$name"
  [ "$mode" = standby ] && exit 1
  exit 200
}

# kill -0 would be refused, and look like death, where the fetcher belongs to another user.
fetcher_lives() {
  [ -f "$here/fetcher.pid" ] && read -r pid <"$here/fetcher.pid" && [ -d "/proc/$pid" ]
}

# One at a time holds the lock inside; a second ends by itself.
start_fetcher() {
  [ -x "$launcher" ] || give_up "no fetcher runs, and there is no program $launcher to start one"
  "$launcher" wal-fetch --config "$config" --data-directory "$PWD" --mode "$mode" "$cluster" \
    </dev/null >>"$here/fetcher.log" 2>&1 &
}

mkdir -p "$stage" "$want" || give_up "cannot write to $here"
: >"$want/$name" || give_up "cannot write to $want"

# 10 ms between looks, so that a hundred of them are about a second.
looks=0
starts=0
while [ "$looks" -lt $((patience * 100)) ]; do
  if [ -f "$stage/$name" ]; then
    mv "$stage/$name" "$target" && rm -f "$want/$name" && exit 0
    give_up "cannot move it to $target"
  fi
  if [ -f "$stage/$name.absent" ]; then
    rm -f "$stage/$name.absent" "$want/$name"
    exit 1
  fi
  if [ -f "$stage/$name.failed" ] && [ "$mode" != standby ]; then
    reason=$(cat "$stage/$name.failed")
    rm -f "$stage/$name.failed"
    give_up "$reason"
  fi
  if [ $((looks % 500)) -eq 0 ] && ! fetcher_lives; then
    [ "$starts" -lt 3 ] || give_up "the fetcher ends at once: see $here/fetcher.log"
    start_fetcher
    starts=$((starts + 1))
  fi
  sleep 0.01
  looks=$((looks + 1))
done
give_up "no answer within $patience s"
