# Usage: sh -c "$(this)" guard HOME. Waits for the end of its input, which the demo holds open for as
# long as it lives; then ends what was started in HOME and removes HOME. So nothing is left, however
# the demo ends. Servers and Tidemark's own processes only: not the editor somebody opened a log with.
trap '' HUP INT TERM
home=$1
read -r _
processes() {
  for file in $(grep -lsaF -e "$home/" /proc/[0-9]*/cmdline); do
    pid=${file#/proc/}
    pid=${pid%/cmdline}
    case $(cat "/proc/$pid/comm" 2>/dev/null) in
      postgres | java) echo "$pid" ;;
    esac
  done
}
left=$(processes)
if [ -n "$left" ]; then
  # PostgreSQL takes QUIT as an immediate shutdown; a JVM would print its threads and go on.
  for pid in $left; do
    case $(cat "/proc/$pid/comm" 2>/dev/null) in
      postgres) kill -QUIT "$pid" 2>/dev/null ;;
      java) kill -KILL "$pid" 2>/dev/null ;;
    esac
  done
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    left=$(processes)
    [ -n "$left" ] || break
    sleep 0.2
  done
  [ -z "$left" ] || kill -KILL $left 2>/dev/null
fi
rm -rf "$home"
