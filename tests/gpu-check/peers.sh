# PyTorch beside what tests/gpu-check.sh measures, where that is installed. To be
# sourced after run.sh.
#
# $work/measured    a line of each measurement: title, seconds, arguments of bench
# NF_PEER           the interpreter that has PyTorch; empty: none
# NF_PEER_DEVICE    where it computes: cuda or cpu
# NF_PEER_LIBRARIES LD_LIBRARY_PATH for it: that of the caller

peer_program=$root/tests/gpu-check/peer.py

# find_peer DEVICE: sets NF_PEER, and says which PyTorch that is
find_peer () {
  NF_PEER=
  NF_PEER_DEVICE=$1
  export PYTHONPATH="$root/tests/reference:$root/tests/bench${PYTHONPATH:+:$PYTHONPATH}"
  export PYTHONDONTWRITEBYTECODE=1
  for python in python3 python /usr/bin/python3; do
    command -v $python >/dev/null || continue
    printf '\n== %s: is PyTorch there?\n' "$python" >>"$log"
    seconds=$(seconds_for 60)
    [ "$seconds" -gt 0 ] || break
    within "$seconds" env LD_LIBRARY_PATH="$NF_PEER_LIBRARIES" $python "$peer_program" find "$1" \
      >"$work/found" 2>>"$log" || {
      cat "$work/found" >>"$log"
      continue
    }
    NF_PEER=$python
    say "$(cat "$work/found")"
    break
  done
  [ -n "$NF_PEER" ] || say "PyTorch: none that computes on $1 here"
  export NF_PEER NF_PEER_DEVICE NF_PEER_LIBRARIES
}

# agree NETWORK: the row that says whether it makes what PyTorch makes
agree () {
  [ -z "$NF_PEER" ] \
    || check "$1: what PyTorch makes" sh "$root/tests/gpu-check/agree.sh" "$1" "$work/$1"
}

# peer_row TITLE SECONDS-OR-WHY
peer_row () {
  row "PyTorch: $1" "$(awk -F '\t' -v title="$1" -v took="$2" '$1 == title {
    if (took ~ /^[0-9]/)
      printf "%.4g ms, ours %.4g ms: %.3g times as fast", 1e3 * took, 1e3 * $2, took / $2
    else
      printf "no time: %s", took
    exit }' "$work/measured")"
}

# a row for each measurement, as it comes; that PyTorch cannot do one is no failure
peers () {
  [ -n "$NF_PEER" ] && [ -f "$work/measured" ] || return 0
  for network in $(cut -f 5 "$work/measured" | awk '!seen[$0]++'); do
    seconds=$(seconds_for $most_of_one)
    [ "$seconds" -gt 0 ] || { out_of_time "PyTorch: $network" "not run"; continue; }
    printf '\n== PyTorch: %s\n' "$network" >>"$log"
    {
      within "$seconds" env LD_LIBRARY_PATH="$NF_PEER_LIBRARIES" "$NF_PEER" "$peer_program" \
        measure "$network" "$NF_PEER_DEVICE" "$work/measured" 2>>"$log"
      echo $? >"$work/peer.status"
    } | while IFS="$(printf '\t')" read -r title took; do
      peer_row "$title" "$took"
    done &
    wait $! # a signal ends this at once
    case $(cat "$work/peer.status") in
      0) ;;
      124 | 137) out_of_time "PyTorch: $network" "no end" ;;
      *) row "PyTorch: $network" "ended by itself, see $log" ;;
    esac
  done
}
