#!/bin/sh
# Runs the fuzz targets under libFuzzer, with AddressSanitizer and
# UndefinedBehaviorSanitizer: run.sh BUILD MINUTES [TARGET...]
# BUILD is a folder that is made where it is not there: a build of its own, by
# clang (the variable CC, or clang-14, or clang). Each target runs for so many
# minutes, on what it found before (BUILD/corpus). What makes it fail is put into
# BUILD/findings; mend it, and keep the input in tests/fuzz/corpus/TARGET.
build=$1 minutes=$2
if [ -z "$build" ] || [ -z "$minutes" ]; then
  sed -n '2,8s/^# //p' "$0"
  exit 2
fi
shift 2
source=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -gt 0 ] || set -- caps clip config import npy safetensors
if [ ! -f "$build/build.ninja" ]; then
  if [ -z "$CC" ]; then
    CC=clang
    command -v clang-14 >/dev/null && CC=clang-14
  fi
  export CC
  meson setup "$build" "$source" -Dcuda=disabled -Dfuzz-engine=true \
    -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized \
    "-Dc_args=-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined" || exit 1
fi
programs=
for target; do programs="$programs tests/fuzz/fuzz-$target"; done
# shellcheck disable=SC2086
ninja -C "$build" $programs gst/libgstnextframe.so || exit 1
build=$(cd "$build" && pwd)
mkdir -p "$build/findings"
# whole call stacks: what is suppressed is told by its outermost function
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1:fast_unwind_on_malloc=0
export LSAN_OPTIONS="print_suppressions=0:suppressions=$source/tests/lsan.supp"
export GST_PLUGIN_PATH_1_0="$build/gst" GST_REGISTRY_FORK=no
export GST_REGISTRY="$build/registry.bin" G_SLICE=always-malloc
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
failed=0
for target; do
  kept="$source/tests/fuzz/corpus/$target"
  seeds="$build/tests/fuzz/seeds/$target"
  [ "$target" = import ] && seeds="$build/seeds-import" && mkdir -p "$seeds" \
    && cp "$source"/tests/golden/data/torch-*.pt "$seeds"
  mkdir -p "$build/corpus/$target"
  # shellcheck disable=SC2046
  "$build/tests/fuzz/fuzz-$target" -max_total_time=$((minutes * 60)) \
    -max_len=16384 -rss_limit_mb=4096 -timeout=60 -print_final_stats=1 \
    -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" \
    $([ -d "$kept" ] && echo "$kept") "$seeds" >"$build/$target.log" 2>&1
  rc=$?
  echo "$target: ended with $rc; $(grep -c . "$build/$target.log") lines in" \
    "$build/$target.log; $(sed -n 's/^stat::number_of_executed_units: *//p' \
      "$build/$target.log") inputs"
  [ $rc = 0 ] || failed=1
done
exit $failed
