# How tests/gpu-check.sh runs a check and tells of it. To be sourced.
#
# $report    the table: a line is added as soon as a check has ended
# $log       all that the checks said, likewise
# $deadline  seconds since 1970 at which all has to be over; empty: never
# $died      library that prints a backtrace where a program dies; empty: none
# $work      folder for what is thrown away
# $root      folder that has tests/gpu-check

failed=0
left_out=0
jobs=0 # checks started by start () since the last gather ()

# one line on the screen and in the report, where it stays if all is killed now
say () { printf '%s\n' "$1" | tee -a "$report"; }
row () { say "$(printf '%-40s %s' "$1" "$2")"; }

# seconds that a check may take, $1 at most; 0: the budget is spent
seconds_for () {
  if [ -z "$deadline" ]; then
    echo "$1"
    return
  fi
  left=$((deadline - $(date +%s)))
  [ $left -gt 3 ] || left=0
  [ $left -lt "$1" ] && echo $left || echo "$1"
}

# out_of_time NAME WHAT: that is no failure
out_of_time () {
  row "$1" "$2: the time is over"
  left_out=$((left_out + 1))
}

most_of_one=1800 # seconds, without a budget

# verdict NAME STATUS SECONDS [WHERE]: the row of a check
verdict () {
  case $2 in
    0) row "$1" "ok" ;;
    77) row "$1" "skipped, see $log" ;;
    124 | 137)
      if [ "$3" -lt $most_of_one ]; then
        out_of_time "$1" "no end"
      else
        row "$1" "FAILED$4: no end in $3 s"
        failed=$((failed + 1))
      fi
      ;;
    129 | 1[3-5][0-9]) row "$1" "FAILED$4: died of signal $(($2 - 128)), see $log"; failed=$((failed + 1)) ;;
    *) row "$1" "FAILED$4, see $log"; failed=$((failed + 1)) ;;
  esac
}

# within SECONDS COMMAND...: with an end. The shell waits for it so that a signal ends
# both at once; timeout makes a group of processes of its own.
within () {
  most=$1
  shift
  timeout -k 5 "$most" "$@" &
  running=$!
  : >"$work/running.$running"
  wait $running
  ended=$?
  rm -f "$work/running.$running"
  return $ended
}

# watch_over: from now on what runs ends, and $work goes, also where this shell is
# killed. What watches is no child, for which it would wait, and in a session of its
# own, as one may kill all of this one's.
watch_over () {
  (setsid sh "$root/tests/gpu-check/watch.sh" $$ "$work" </dev/null >/dev/null 2>&1 &)
}

# ends what runs, here and beside, and waits until it writes no more
stop_all () {
  for running in "$work"/running.*; do
    [ ! -e "$running" ] || kill -TERM "${running##*.}" 2>/dev/null
  done
  wait
}

# limited SECONDS COMMAND...: likewise, with a backtrace where it dies
limited () {
  seconds_of_it=$1
  shift
  within "$seconds_of_it" env ${died:+LD_PRELOAD="$died"} "$@" 2>&1
}

# check NAME COMMAND...: one row of the table; what it says goes to the log
check () {
  name=$1
  shift
  seconds=$(seconds_for $most_of_one)
  [ "$seconds" -gt 0 ] || { out_of_time "$name" "not run"; return; }
  printf '\n== %s: %s\n' "$name" "$*" >>"$log"
  limited "$seconds" "$@" >>"$log"
  status=$?
  printf '== exit status %d\n' $status >>"$log"
  verdict "$name" $status "$seconds"
}

# start NAME COMMAND...: the same beside others; gather () tells how it ended
start () {
  jobs=$((jobs + 1))
  job=$work/job$jobs
  printf '%s\n' "$1" >"$job.name"
  shift
  rm -f "$job.status"
  seconds=$(seconds_for $most_of_one)
  echo "$seconds" >"$job.seconds"
  [ "$seconds" -gt 0 ] || return
  printf '\n== %s: %s\n' "$(cat "$job.name")" "$*" >"$job.said"
  (
    limited "$seconds" "$@" >>"$job.said"
    echo $? >"$job.part"
    mv "$job.part" "$job.status"
  ) &
  echo $! >"$job.shell"
  : >"$work/running.$!"
}

# the rows of what was started, each as it ends
gather () {
  waiting=$(seq 1 $jobs)
  while [ -n "$waiting" ]; do
    still=
    for j in $waiting; do
      job=$work/job$j
      seconds=$(cat "$job.seconds")
      if [ "$seconds" = 0 ]; then
        out_of_time "$(cat "$job.name")" "not run"
      elif [ -f "$job.status" ]; then
        status=$(cat "$job.status")
        rm -f "$work/running.$(cat "$job.shell")"
        cat "$job.said" >>"$log"
        printf '== exit status %d\n' "$status" >>"$log"
        verdict "$(cat "$job.name")" "$status" "$seconds"
      else
        still="$still $j"
      fi
    done
    waiting=$still
    [ -z "$waiting" ] || sleep 0.2
  done
  wait
  jobs=0
}

# number FILE KEY: a number from a benchmark's JSON
number () { sed -n "s/.*\"$2\" : \([0-9.e+-]*\).*/\1/p" "$1" | head -n 1; }

# bench NAME DEVICE ARGUMENTS...: its median, in seconds, in $median; FALSE with a
# row that says why
bench () {
  name=$1
  on=$2
  shift 2
  seconds=$(seconds_for $most_of_one)
  [ "$seconds" -gt 0 ] || { out_of_time "$name" "not run"; return 1; }
  printf '\n== %s on %s: bench %s\n' "$name" "$on" "$*" >>"$log"
  rm -f "$work/bench.json"
  limited "$seconds" "$train" bench "$@" --no-profile --device "$on" -j "$work/bench.json" >>"$log"
  status=$?
  printf '== exit status %d\n' $status >>"$log"
  if [ $status != 0 ]; then
    verdict "$name" $status "$seconds" " on $on"
    return 1
  fi
  median=$(number "$work/bench.json" median)
}

# compare NAME BENCH-ARGUMENTS...: median times on both devices, and their ratio;
# the CPU has no TF32
compare () {
  title=$1
  shift
  # shellcheck disable=SC2046,SC2086
  bench "$title" cpu $(echo "$*" | sed 's/tf32/f32/') || return
  on_cpu_took=$median
  bench "$title" cuda:0 "$@" || return
  row "$title" "$(awk -v a="$on_cpu_took" -v b="$median" \
    'BEGIN { printf "cpu %.4g ms, gpu %.4g ms: %.3g times as fast", 1e3 * a, 1e3 * b, a / b }')"
}

# speed NAME BENCH-ARGUMENTS...: the median time on the GPU, which is added to
# $work/measured
speed () {
  title=$1
  shift
  bench "$title" cuda:0 "$@" || return
  {
    printf '%s\t%s' "$title" "$median"
    printf '\t%s' "$@"
    echo
  } >>"$work/measured"
  row "$title" "$(awk -v b="$median" 'BEGIN { printf "%.4g ms", 1e3 * b }')"
}
