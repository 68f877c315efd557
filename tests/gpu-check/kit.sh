# What tests/gpu-check.sh --make-kit packs: a folder for machines where nothing
# can be installed or built. To be sourced; $root, $build, $module.

# programs of the build that the checks run
kit_programs='test-ops test-optim test-graph test-graph-threads test-matmulprecision
  golden-check'
kit_elements='test-nfsegment test-nfpredict test-nfdevices' # not with --on-cpu
# GStreamer's plugins that elements are tested with
kit_plugins='coreelements app videoconvertscale videotestsrc videoparsersbad png multifile'
kit_most=60 # MiB

# libraries of a program, by the names that the loader looks for: NAME PATH
libraries_of () { LD_LIBRARY_PATH=$build/kernels:$build/gst ldd "$1" 2>/dev/null | sed -n 's/^\t\([^ ]*\) => \(\/[^ ]*\) .*/\1 \2/p'; }

# what a machine with a GPU has: NVIDIA's libraries, the driver's, glibc's
is_there_already () {
  case $1 in
    libcudnn* | libcublas* | libcudart* | libnvrtc* | libnvJitLink* | libcuda.so*) return 0 ;;
    ld-linux* | libc.so* | libm.so* | libdl.so* | librt.so* | libpthread.so* | libresolv.so* | libmvec.so*) return 0 ;;
  esac
  return 1
}

# pack FILE FOLDER: a program or library without its symbols, and the libraries
# that it needs
pack () {
  [ -f "$1" ] || return 1
  cp -L "$1" "$kit/$2/" && strip --strip-unneeded "$kit/$2/$(basename "$1")" 2>/dev/null
  libraries_of "$1" | while read -r name path; do
    is_there_already "$name" || [ -f "$kit/lib/$name" ] || {
      cp -L "$path" "$kit/lib/$name" && strip --strip-unneeded "$kit/lib/$name" 2>/dev/null
    }
  done
}

make_kit () {
  kit=$1
  if [ -e "$kit" ] && [ ! -f "$kit/kit.conf" ]; then
    echo "gpu-check: $kit is there and is no kit; name a new folder" >&2
    exit 2
  fi
  rm -rf "$kit"
  mkdir -p "$kit/bin" "$kit/lib" "$kit/gst" "$kit/module" "$kit/tests/golden" \
    "$kit/tests/bench" "$kit/tests/reference" "$kit/examples" || exit 1
  kit=$(cd "$kit" && pwd)
  [ -n "$on_cpu" ] || kit_programs="$kit_programs $kit_elements"
  for program in $kit_programs; do
    pack "$build/tests/$program" bin || { echo "gpu-check: $build/tests/$program is not built" >&2; exit 1; }
  done
  pack "$build/trainer/nextframe-train" bin || exit 1
  [ ! -f "$build/tests/libnfdied.so" ] || pack "$build/tests/libnfdied.so" bin
  pack "$build/gst/libgstnextframe.so" gst || exit 1
  pack "$module" module || exit 1
  folder=$(pkg-config --variable=pluginsdir gstreamer-1.0)
  for plugin in $kit_plugins; do
    pack "$folder/libgst$plugin.so" gst || echo "gpu-check: no GStreamer plugin $plugin; checks that need it will say so"
  done
  pack "$(pkg-config --variable=pluginscannerdir gstreamer-1.0)/gst-plugin-scanner" bin
  cp -r "$root/tests/golden/data" "$kit/tests/golden/data"
  cp -r "$root/examples/data" "$kit/examples/data"
  cp -r "$root/tests/gpu-check.sh" "$root/tests/gpu-check" "$kit/tests/"
  cp "$root/tests/bench/peer_cases.py" "$kit/tests/bench/"
  cp "$root/tests/reference/nextframe_torch.py" "$kit/tests/reference/"
  {
    echo "# made by gpu-check.sh --make-kit"
    echo "on_cpu=$([ -n "$on_cpu" ] && echo yes)"
    echo "commit=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)"
    echo "needs='$(readelf -d "$kit/module/libnfcuda.so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -E 'libcu|libnv' | tr '\n' ' ')'"
    echo "glibc=$(ldd --version | sed -n '1s/.* //p')"
  } >"$kit/kit.conf"
  tar -C "$kit" -czf "$kit/lib.tar.gz" lib && rm -r "$kit/lib" || exit 1
  bytes=$(du -sk --apparent-size "$kit" | cut -f 1)
  if [ "$bytes" -gt $((kit_most * 1024)) ]; then
    echo "gpu-check: the kit has $((bytes / 1024)) MiB, more than $kit_most" >&2
    exit 1
  fi
  echo "made: $kit, $((bytes / 1024)) MiB; on the machine with the GPU: sh $(basename "$kit")/tests/gpu-check.sh --kit $(basename "$kit")"
}

# the kit's libraries, which are packed: beside it, or where that cannot be written
# in $work; their folder in $libraries
unpack_libraries () {
  libraries=$kit/lib
  [ ! -f "$libraries/done" ] || return 0
  [ -w "$kit" ] || libraries=$work/lib
  tar -C "$(dirname "$libraries")" -xzf "$kit/lib.tar.gz" && : >"$libraries/done"
}

# folders in which a toolkit or a Python environment may keep NVIDIA's libraries
nvidia_folders () {
  for folder in /usr/local/cuda/lib64 /usr/local/cuda*/lib64 /usr/local/cuda*/targets/*/lib \
    /opt/cuda/lib64 /usr/lib/x86_64-linux-gnu /usr/lib64 \
    "$VIRTUAL_ENV"/lib/python3*/site-packages/nvidia/*/lib \
    "$CONDA_PREFIX"/lib "$CONDA_PREFIX"/lib/python3*/site-packages/nvidia/*/lib \
    "$HOME"/.local/lib/python3*/site-packages/nvidia/*/lib \
    /usr/lib/python3*/dist-packages/nvidia/*/lib \
    /usr/local/lib/python3*/*-packages/nvidia/*/lib \
    /opt/*/lib/python3*/site-packages/nvidia/*/lib; do
    [ ! -d "$folder" ] || echo "$folder"
  done
  python3 -c '
import glob, site, sys
for base in site.getsitepackages() + [site.getusersitepackages()] + sys.path:
    print("\n".join(glob.glob(base + "/nvidia/*/lib")))' 2>/dev/null | grep .
}

# the folders of what the kit's module needs, for LD_LIBRARY_PATH, in $nvidia; says
# what is missing
find_nvidia () {
  nvidia=
  folders=$(nvidia_folders | awk '!seen[$0]++')
  for library in $needs; do
    found=
    for folder in $folders; do
      [ ! -f "$folder/$library" ] || { found=$folder; break; }
    done
    if [ -z "$found" ]; then
      echo "gpu-check: no $library here: install it by pip (nvidia-cudnn-cu13, nvidia-cublas; or -cu12)" \
        "or name its folder in LD_LIBRARY_PATH" >&2
      case :$LD_LIBRARY_PATH: in ::) return 1 ;; esac
    else
      case :$nvidia: in *:$found:*) ;; *) nvidia=$nvidia:$found ;; esac
    fi
  done
  nvidia=${nvidia#:}
}
