#!/bin/sh
# Builds the CUDA backend's module for the CPU once more, beside the build
# folder's own: with a sanitizer, or from other kernels. Nothing else is built
# again: a program takes the module from NEXTFRAME_MODULE_PATH, and a sanitizer
# from LD_PRELOAD.
#   build-module.sh BUILD-FOLDER OUTPUT-FOLDER KIND [KERNELS]
# KIND: plain; address or thread, a sanitizer.
# KERNELS: a folder to take the place of kernels/cuda; default: that
set -e
. "$1/tests/cuda-on-cpu/module.env"
out=$2
kind=$3
kernels=${4:-$SOURCE/kernels/cuda}
here=$SOURCE/tests/cuda-on-cpu
glib_cflags=$(pkg-config --cflags glib-2.0 gmodule-2.0)
glib_libs=$(pkg-config --libs glib-2.0 gmodule-2.0)

case $kind in
  plain) flags= defines= ;;
  address)
    flags='-g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined'
    defines='-DNF_RUNNER_ASAN -DNF_RUNNER_ONE_THREAD' ;;
  thread)
    flags='-g -fsanitize=thread'
    defines='-DNF_RUNNER_TSAN' ;;
  *) echo "unknown: $kind" >&2; exit 2 ;;
esac

mkdir -p "$out"
{
  cat <<RULES
rule cu
  command = $CXX -I$kernels/.. $KERNEL_FLAGS $defines $flags -include $here/runner.h -x c++ -MD -MF \$out.d -c \$in -o \$out
  depfile = \$out.d
rule c
  command = $CC -fPIC -O2 -I$kernels/.. $C_FLAGS $glib_cflags $flags -MD -MF \$out.d -c \$in -o \$out
  depfile = \$out.d
rule core
  command = $CXX -std=c++17 -fPIC -O2 $KERNEL_FLAGS $defines -MD -MF \$out.d -c \$in -o \$out
  depfile = \$out.d
rule cxx
  command = $CXX -std=c++17 -fPIC -O3 $KERNEL_FLAGS $defines $flags -MD -MF \$out.d -c \$in -o \$out
  depfile = \$out.d
rule link
  command = $CXX -shared $flags -o \$out \$in $LINK_FLAGS $glib_libs -pthread
RULES
  objects=
  compile () { # rule, file
    object=$(basename "$2").o
    echo "build $object: $1 $2"
    objects="$objects $object"
  }
  for f in $KERNELS; do compile cu "$(find "$kernels" -name "$f")"; done
  for f in $C_SOURCES; do compile c "$(find "$kernels" -name "$f")"; done
  for f in $CORE_SOURCES; do compile core "$here/$f"; done
  for f in $CXX_SOURCES; do compile cxx "$here/$f"; done
  echo "build libnfcuda.so: link$objects"
} >"$out/build.ninja.new"
cmp -s "$out/build.ninja.new" "$out/build.ninja" \
  && rm "$out/build.ninja.new" || mv "$out/build.ninja.new" "$out/build.ninja"
ninja -C "$out" ${NF_JOBS:+-j$NF_JOBS} >"$out/log" || { cat "$out/log"; exit 1; }
