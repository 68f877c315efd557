#!/bin/sh
# Looks for faults without running anything: cppcheck over the elements and all
# that reads files, and clang's analyser over what reads files. static.sh BUILD
# BUILD is a folder that was built. They are those of Debian 12, for each version
# says something else: cppcheck 2.10 and clang 14. Where one is not there it is not
# run; where both are not, that counts as a skip. What they say and is accepted
# stands in tests/static.supp (cppcheck) with its reason; anything else fails. The
# analyser is not asked for leaks: it does not know of g_autoptr ().
build=$1
if [ ! -d "$build/kernels/include" ]; then
  sed -n '2,9s/^# //p' "$0"
  exit 2
fi
build=$(cd "$build" && pwd)
cd "$(dirname "$0")/.." || exit 1
found=0 ran=0
if cppcheck --version 2>/dev/null | grep -q 'Cppcheck 2\.10'; then
  ran=1
  cppcheck --quiet --enable=warning,portability --error-exitcode=1 \
    --library=gtk --suppressions-list=tests/static.supp --inline-suppr \
    -Ikernels -I"$build/kernels/include" -Igst -Itrainer -I"$build" \
    gst kernels/io kernels/video trainer/import trainer/config || found=1
else
  echo "static.sh: no cppcheck 2.10, not run"
fi
if command -v clang-14 >/dev/null; then
  ran=1
  flags=$(pkg-config --cflags glib-2.0 gio-2.0 json-glib-1.0 libpng libzip)
  for file in kernels/io/*.c trainer/import/*.c trainer/config/*.c; do
    # shellcheck disable=SC2086
    said=$(clang-14 --analyze -Xclang -analyzer-output=text \
      -Xclang -analyzer-disable-checker -Xclang unix.Malloc $flags -Ikernels \
      -I"$build/kernels/include" -Itrainer -I"$build" "$file" -o /dev/null 2>&1)
    case $said in
      *warning:*|*error:*) printf '%s\n' "$said"; found=1 ;;
    esac
  done
else
  echo "static.sh: no clang-14, not run"
fi
[ $ran = 1 ] || exit 77
exit $found
