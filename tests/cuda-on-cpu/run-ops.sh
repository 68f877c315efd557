#!/bin/sh
# Runs the op test, or another, on a module that build-module.sh made, one way.
#   run-ops.sh BUILD-FOLDER MODULE-FOLDER CHECK [OP|test-PROGRAM]
# CHECK: forward, reverse: order of threads; lazy, random: streams, see
# queues.h; few: reverse, with few blocks in a grid; address, thread: likewise,
# with a sanitizer, which the module must be built with. NF_RUN_TIMEOUT: seconds,
# 600.
. "$1/tests/cuda-on-cpu/module.env"
export NEXTFRAME_MODULE_PATH="$2" NF_TEST_DEVICES=cuda:0
preload=
case $3 in few | address | thread) export NF_CUDA_FEW=1 ;; esac
case $3 in
  forward) export NEXTFRAME_NO_POOL=1 ;;
  reverse | few) export NEXTFRAME_NO_POOL=1 NF_CUDA_ORDER=reverse ;;
  lazy) export NF_CUDA_LAZY=1 ;;
  random) export NF_CUDA_LAZY=2 ;;
  address) preload=$($CXX -print-file-name=libasan.so)
    # cuDNN unloads this library, whose runtime leaves a buffer behind
    for flag in $LINK_FLAGS; do
      for file in "${flag#-L}"/libnvrtc.so.[0-9]*; do
        [ -e "$file" ] && preload="$preload:$file" && break 2
      done
    done
    export NEXTFRAME_NO_POOL=1
    # a thread's variables that happen to lie 16 bytes behind a page are taken
    # for those of an older glibc, and its header is read where there is none
    export ASAN_OPTIONS=intercept_tls_get_addr=0
    ASAN_OPTIONS=$ASAN_OPTIONS:allocator_may_return_null=1
    ASAN_OPTIONS=$ASAN_OPTIONS:fast_unwind_on_malloc=0
    export LSAN_OPTIONS=print_suppressions=0:suppressions=$SOURCE/tests/lsan.supp
    export UBSAN_OPTIONS=print_stacktrace=1 ;;
  thread) preload=$($CXX -print-file-name=libtsan.so)
    # the OpenMP library of the CPU's ops is not built for it
    export OMP_NUM_THREADS=1 ;;
  *) echo "unknown: $3" >&2; exit 2 ;;
esac
case $4 in
  test-*)
    export NF_SOURCE="$SOURCE" GST_PLUGIN_PATH_1_0="$BUILD/gst"
    export GST_REGISTRY="$2/registry.bin" CK_DEFAULT_TIMEOUT=600
    program=$1/tests/$4
    [ -x "$program" ] || program=$1/tests/cuda-on-cpu/$4
    set -- "$1" "$2" "$3" "$program" ;;
  ?*) set -- "$1" "$2" "$3" "$1/tests/test-ops" -p "/ops/cuda:0/$4" ;;
  *) set -- "$1" "$2" "$3" "$1/tests/test-ops" ;;
esac
shift 3
exec timeout "${NF_RUN_TIMEOUT:-600}" env ${preload:+LD_PRELOAD="$preload"} "$@"
