#!/bin/sh
# What meson install puts in place is whole: below a DESTDIR, which stands for an
# installation that was moved, every header compiles alone, a C program builds and
# runs, elements and nextframe-train run and find their networks, bash completes
# commands and options, and a program can hold the plugin statically where the build
# has static libraries. And the target product is what the README runs.
# From tests/meson.build: NF_SOURCE, NF_BUILD, MESON, CC.
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
failed=0
fail () { echo "FAIL: $*"; failed=1; }
unset NEXTFRAME_PATH NEXTFRAME_MODULE_PATH GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0 \
  LD_LIBRARY_PATH PKG_CONFIG_PATH XDG_DATA_DIRS
export GST_REGISTRY="$place/registry.bin"

{ DESTDIR="$place" $MESON install -C "$NF_BUILD" --no-rebuild || touch "$place/failed"; } 2>&1 \
  | cat >"$place/said"
[ ! -e "$place/failed" ] || { cat "$place/said"; exit 1; }
plugin=$(find "$place" -name 'libgstnextframe.so')
plugins=$(dirname "$plugin")
libraries=$(dirname "$plugins")
program=$(find "$place" -path '*/bin/nextframe-train')
prefix=$(dirname "$(dirname "$program")")
[ -x "$program" ] && [ -n "$plugin" ] || { fail "no plugin, or no program"; exit 1; }

# it is said what to set
for setting in "GST_PLUGIN_PATH=$plugins" "LD_LIBRARY_PATH=$libraries" "PATH=$prefix/bin" \
  "PKG_CONFIG_PATH=$libraries/pkgconfig" "XDG_DATA_DIRS=$prefix/share"; do
  grep -qF "export $setting" "$place/said" || fail "meson install does not say: export $setting"
done

# as files that say where the installation is now
mkdir "$place/pkgconfig"
find "$libraries" -name '*.pc' | while read -r file; do
  sed "s|^prefix=.*|prefix=$prefix|" "$file" >"$place/pkgconfig/$(basename "$file")"
done
export PKG_CONFIG_PATH="$place/pkgconfig"
flags=$(pkg-config --cflags nextframe) || fail "no pkg-config file nextframe"
libs=$(pkg-config --libs nextframe)

# compiles HEADER: alone, a list of macro calls with macros of one's own apart
compiles () {
  printf '#include <%s>\n' "$1" | $CC -x c -Wall -Wextra -Werror -fsyntax-only $flags - 2>"$place/said"
}
(cd "$prefix/include" && find nextframe -name '*.h' ! -name '*.def.h') >"$place/headers"
[ "$(wc -l <"$place/headers")" -gt 40 ] || fail "hardly any headers"
while read -r header; do
  compiles "$header" || { fail "$header does not compile alone:"; head -n 4 "$place/said"; }
done <"$place/headers"
compiles nextframe/nowhere.h && fail "a header that is not there compiles"
# the SONAME, which installation.md promises to those who link to it
version=$(pkg-config --modversion nextframe)
case $version in
  0.*) soname=libnextframe.so.${version%.*} ;;
  *) soname=libnextframe.so.${version%%.*} ;;
esac
readelf -d "$libraries/libnextframe.so" | grep SONAME | grep -qF "[$soname]" || fail "the SONAME is not $soname"
# one that C++ reads as well, for no name is a word of C++
words=' \(class\|new\|delete\|template\|this\|namespace\|operator\|private\|public\)\( *;\|,\|)\)'
(cd "$prefix/include" && grep -rn "$words" nextframe | grep -v ': \*') >"$place/said" \
  && { fail "names that C++ does not allow:"; cat "$place/said"; }

checkpoint=$(pkg-config --variable checkpointdir nextframe)/unetpp.safetensors
# shellcheck disable=SC2086
$CC -o "$place/installed" "$NF_SOURCE/tests/check/installed.c" $flags $libs || fail "a program does not link"
LD_LIBRARY_PATH=$libraries "$place/installed" "$checkpoint" >"$place/said" 2>&1
grep -q '^49 classes$' "$place/said" || { fail "a program of a user's says:"; cat "$place/said"; }

# all elements; checkpoints without a path
(
  cd "$place" || exit 1
  export GST_PLUGIN_PATH="$plugins"
  for element in $(sed -n 's/^GST_ELEMENT_REGISTER_DECLARE (\(.*\));.*/\1/p' "$NF_SOURCE/gst/gstnfelements.h"); do
    gst-inspect-1.0 "$element" >/dev/null || echo "gst-inspect-1.0 does not find $element"
  done
  gst-launch-1.0 -q videotestsrc num-buffers=1 ! video/x-raw,width=96,height=64 ! videoconvert ! \
    nfsegment ! filesink location=mask.gray || echo "nfsegment does not run"
  [ "$(wc -c <mask.gray)" = $((96 * 64)) ] || echo "no mask"
) >"$place/said" 2>&1
[ -s "$place/said" ] && { fail "elements:"; cat "$place/said"; }
"$program" inspect "$prefix/share/nextframe/checkpoints/next-frame.safetensors" >/dev/null \
  || fail "nextframe-train inspect"
(cd "$place" && "$program" eval --data scenes:1:1 --only segment --threads 1) >"$place/said" 2>&1 \
  || { fail "nextframe-train eval finds no network by itself:"; cat "$place/said"; }
man -l "$(find "$prefix" -name nextframe-train.1)" >/dev/null 2>&1 || [ -z "$(command -v man)" ] \
  || fail "the manual page is not there"
for script in demo.sh score.sh configs/unetpp-cpu.ini data/train/video_0/mask.npy; do
  [ -e "$prefix/share/nextframe/examples/$script" ] || fail "no example $script"
done
[ -x "$prefix/share/nextframe/examples/score.sh" ] || fail "score.sh is not executable"

# completed WORD...: what bash offers for the last word
completed () {
  NF_COMPLETION="$prefix/share/bash-completion/completions/nextframe-train" bash -c '
    . "$NF_COMPLETION"
    COMP_WORDS=(nextframe-train "${@:2}")
    COMP_CWORD=$(($# - 1))
    _nextframe_train "$1" "${@: -1}" "${@: -2:1}"
    echo "${COMPREPLY[*]}"' bash "$program" "$@"
}
offers () { # EXPECTED WORD...
  expected=$1
  shift
  got=$(completed "$@")
  case " $got " in *" $expected "*) ;; *) fail "bash offers for '$*': '$got', not $expected" ;; esac
}
if command -v bash >/dev/null; then
  offers segment s
  offers --data= segment --d
  offers --only= eval --o
  offers roofline bench r
  case " $(completed segment --sa) " in *" --sa"*) fail "bash offers what is not there" ;; esac
fi

# the target product is what the README runs
made=$(ninja -C "$NF_BUILD" -t query product)
for file in gst/libgstnextframe.so trainer/nextframe-train examples/c/nextframe-embed \
  examples/c/nextframe-shared examples/c/nextframe-live; do
  echo "$made" | grep -qx "[ |]*$file" || fail "ninja product does not make $file"
done

# the plugin within a program, linked as installation.md says
if [ -n "$(find "$libraries" -name libgstnextframe.a)" ]; then
  export PKG_CONFIG_PATH="$place/pkgconfig"
  # shellcheck disable=SC2046
  $CC -o "$place/static" "$NF_SOURCE/tests/check/installedstatic.c" \
    $(pkg-config --static --cflags --libs gstnextframe | sed 's/-l\(gst\)\?nextframe/-l:lib\1nextframe.a/g') \
    && env -u GST_PLUGIN_PATH "$place/static" nfpredict nfsegment nfiou nfnpydec \
    || fail "the static plugin cannot be linked, or has no elements"
fi
exit $failed
