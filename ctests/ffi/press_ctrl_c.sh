# sh press_ctrl_c.sh PROCESS: once its main thread has slept for a moment, so it waits. Where there is no /proc, after a while.
set -eu

sleep 0.3
while [ -e "/proc/$1/status" ] && ! grep -q '^State:[[:space:]]*S' "/proc/$1/status"; do
    sleep 0.05
done
kill -INT "$1"
