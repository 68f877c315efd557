#!/bin/sh
# watch.sh PROCESS FOLDER: waits until PROCESS, which runs checks as in run.sh, is
# gone; then ends those whose FOLDER/running.NUMBER is there still, and removes
# FOLDER. For endings that a shell cannot tell of, as by SIGKILL.
process=$1
folder=$2

# one that nobody waited for is as good as gone
alive () {
  case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) in
    '' | Z | X) return 1 ;;
  esac
}

while alive "$process"; do sleep 1; done
for second in 1 2 3 4 5 6 7 8; do
  left=no
  for running in "$folder"/running.*; do
    number=${running##*.}
    [ -e "$running" ] && alive "$number" || continue
    kill -TERM "$number" 2>/dev/null
    left=yes
  done
  [ $left = yes ] || break
  sleep 1 # timeout kills what does not end in 5 s
done
rm -rf "$folder"
