#!/bin/sh
# Runs tests under ThreadSanitizer: tsan.sh BUILD [TEST...]
# BUILD is a folder that is made where it is not there: a build of its own, by
# clang 14, whose OpenMP runtime tells the sanitizer of its barriers (libarcher,
# from Debian's libomp5-14; GCC's runtime does not). tsanglib.c tells it of GLib's
# and GStreamer's locks. Without names the tests of elements, threads, tapes, ops and
# processes that train together run. Any report fails its test; none is suppressed.
build=$1
if [ -z "$build" ]; then
  sed -n '2,8s/^# //p' "$0"
  exit 2
fi
shift
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- nfsegment nfsegment-live nfsegment-batch nfsegment-decision nfpredict \
  nfpredict-live nfpredict-clips nfpredict-batch nfensemble nfextrapolate nfiou nfiou-stream \
  nfquality nfregionsenc nfnpydec nfnpydec-play nfnpyenc nfclipsrc nfscenesrc nfcliplive \
  nfclipseek nfcores nfdevices eventorder continuity reload written-over seekstorm stopping \
  threads tape graph-threads loader ops ops-behaviour parallel parallel-cuda
if [ ! -f "$build/build.ninja" ]; then
  CC=${CC:-clang-14} CXX=${CXX:-clang++-14} meson setup "$build" "$here/../.." -Dcuda=disabled \
    -Db_sanitize=thread -Db_lundef=false -Dbuildtype=debugoptimized || exit 1
fi
programs=
for test; do
  case $test in
    parallel) programs="$programs trainer/nextframe-train" ;;
    parallel-cuda)
      programs="$programs trainer/nextframe-train"
      [ ! -f "$build/tests/cuda-on-cpu/module.env" ] \
        || programs="$programs tests/cuda-on-cpu/libnfcuda.so"
      ;;
    *) programs="$programs tests/test-$test" ;;
  esac
done
# shellcheck disable=SC2086
ninja -C "$build" $programs gst/libgstnextframe.so || exit 1
build=$(cd "$build" && pwd)
# shellcheck disable=SC2046
cc -shared -fPIC -O1 -Wall $(pkg-config --cflags gstreamer-1.0) "$here/tsanglib.c" \
  -o "$build/libtsanglib.so" -ldl || exit 1
# oneDNN 2.6 reads behind a table where it makes bf16 convolutions of one pixel for
# AVX-512, which its own memory forgives, and the sanitizer's does not
export NEXTFRAME_ISA="${NEXTFRAME_ISA:-avx2}"
export LD_PRELOAD="$build/libtsanglib.so" OMP_TOOL_LIBRARIES=/usr/lib/llvm-14/lib/libarcher.so
export TSAN_OPTIONS="ignore_noninstrumented_modules=1 $TSAN_OPTIONS"
NF_STOPS=${NF_STOPS:-10} exec meson test -C "$build" --no-rebuild -t 10 --num-processes 1 "$@"
