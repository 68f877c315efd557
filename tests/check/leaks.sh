#!/bin/sh
# Pipelines of every element, played to their end, to an error, and through states:
# GStreamer's leaks tracer must find no object that is left at the end.
# From tests/meson.build: NF_SOURCE, the plugin's folder, NF_PRELOAD.
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export NEXTFRAME_PATH="$NF_SOURCE/examples/checkpoints"
export GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_FILE="$out/trace" GST_DEBUG_NO_COLOR=1
frames='video/x-raw,width=48,height=32,framerate=25/1'
masks='video/x-raw,format=GRAY8,width=48,height=32,framerate=25/1'
failed=0

# what constructors allocate is suppressed in tests/lsan.supp, for GLib's sake
if (cd "$NF_SOURCE" && grep -rn '__attribute__.*constructor' kernels gst trainer); then
  echo "a constructor of ours, whose leaks no sanitizer would report"
  failed=1
fi

# ends with "ok" or "error", as the first argument says, and leaves nothing.
# gst-launch-1.0 waits for ever where an error comes before its main loop runs
# (it asks the loop to end too early); an interrupt ends it then, as it should.
play() {
  wanted=$1
  shift
  : >"$out/trace"
  got=error
  limit=
  [ "$wanted" = error ] && limit='timeout --preserve-status -s INT 20'
  # shellcheck disable=SC2048,SC2086
  $limit env LD_PRELOAD="$NF_PRELOAD" gst-launch-1.0 -q $* >"$out/said" 2>&1 && got=ok
  if [ $got != "$wanted" ]; then
    echo "$*: $got instead of $wanted"
    cat "$out/said"
    failed=1
  fi
  if ! grep -q GST_TRACER "$out/trace"; then
    echo "no leaks tracer"
    exit 77
  fi
  if grep ':: object-alive' "$out/trace"; then
    echo "$*: objects were leaked"
    failed=1
  fi
}

source="videotestsrc num-buffers=12 ! $frames"
play ok "$source ! nfsegment batch-size=5 output=overlay ! fakesink"
play ok "$source ! nfsegment confidence=true decision=clip ! nfregionsenc ! fakesink"
play ok "$source ! nfpredict steps=1 window=sliding ! fakesink"
play ok "videotestsrc num-buffers=14 ! $masks ! nfextrapolate method=dynamics horizon=2 ! fakesink"
play ok "videotestsrc num-buffers=3 ! $masks ! nfnpyenc ! filesink location=$out/mask.npy"
play ok "filesrc location=$out/mask.npy ! nfnpydec ! fakesink"
play ok "filesrc location=$out/mask.npy ! decodebin ! fakesink"
play ok "nfiou name=i ! fakesink videotestsrc num-buffers=3 ! $masks ! i.prediction" \
  "videotestsrc num-buffers=3 ! $masks ! i.truth"
play ok "nfquality name=q ! fakesink videotestsrc num-buffers=3 ! $frames ! q.prediction" \
  "videotestsrc num-buffers=3 ! $frames ! q.truth"
play ok "nfscenesrc clips=1 name=s s.video ! queue ! fakesink s.mask ! queue ! fakesink"
play ok "nfclipsrc location=$NF_SOURCE/examples/data clips=1 name=c c.video ! queue ! fakesink" \
  "c.mask ! queue ! fakesink"
# errors: while starting, of the data, and of what is not linked
play error "$source ! nfsegment checkpoint=$out/none ! fakesink"
play error "$source ! nfpredict checkpoint=$out/mask.npy ! fakesink"
play error "nfclipsrc location=$out/none ! fakesink"
play error "fakesrc num-buffers=1 filltype=pattern sizetype=fixed sizemax=200 ! nfnpydec ! fakesink"
play error "nfscenesrc clips=1 ! fakesink state-error=ready-to-paused"
play error "$source ! nfsegment ! fakesink state-error=ready-to-paused"
exit $failed
