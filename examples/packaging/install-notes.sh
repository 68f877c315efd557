#!/bin/sh
# At the end of meson install: what has to be said to programs so that they find
# what was installed; nothing where they look by themselves.
# From meson.build: PLUGINS LIBRARIES PROGRAMS DATA, the folders of the prefix, and
# SYSTEM_PLUGINS, where GStreamer looks.
[ -n "$MESON_INSTALL_QUIET" ] && exit 0
plugins=$1 libraries=$2 programs=$3 data=$4 system_plugins=$5

# has LIST FOLDER: a list with colons has the folder
has () { case ":$1:" in *":$2:"*) return 0 ;; esac; return 1; }
# assignments, each with what it is for
notes=""
note () { # VARIABLE FOLDER WHY
  notes="$notes
  export $1=$DESTDIR$2\${$1:+:\$$1}  # $3"
}
staged=${DESTDIR:+yes}

if [ -n "$staged" ] || [ "$plugins" != "$system_plugins" ]; then
  has "$GST_PLUGIN_PATH:$GST_PLUGIN_PATH_1_0" "$DESTDIR$plugins" \
    || note GST_PLUGIN_PATH "$plugins" "the elements, for gst-launch-1.0 and programs"
fi
has "$PATH" "$DESTDIR$programs" || note PATH "$programs" "nextframe-train, and man nextframe-train"
searched=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -v 2>/dev/null | sed -n 's/^\(\/[^:]*\):.*/\1/p' | tr '\n' ':')
if [ -n "$staged" ] || ! has "$searched" "$libraries"; then
  has "$LD_LIBRARY_PATH" "$DESTDIR$libraries" \
    || note LD_LIBRARY_PATH "$libraries" "programs of yours that link to the library"
fi
if [ -n "$staged" ] || ! has "$(pkg-config --variable pc_path pkg-config 2>/dev/null)" "$libraries/pkgconfig"; then
  has "$PKG_CONFIG_PATH" "$DESTDIR$libraries/pkgconfig" \
    || note PKG_CONFIG_PATH "$libraries/pkgconfig" "building such programs"
fi
if [ -n "$staged" ] || ! has "${XDG_DATA_DIRS:-/usr/local/share:/usr/share}" "$data"; then
  has "$XDG_DATA_DIRS" "$DESTDIR$data" \
    || notes="$notes
  export XDG_DATA_DIRS=$DESTDIR$data:\${XDG_DATA_DIRS:-/usr/local/share:/usr/share}  # completion in bash"
fi

if [ -z "$notes" ]; then
  text="Programs find all that was installed."
  [ "$(id -u)" != 0 ] || PATH="$PATH:/sbin:/usr/sbin" ldconfig 2>/dev/null
else
  text="This is not where programs look by themselves. Set what you need of:$notes"
fi
echo "$text" >"$MESON_BUILD_ROOT/meson-logs/install-notes.txt"
echo "$text"
# some versions of Meson, 1.0 among them, keep to themselves what a script prints
if [ "$(readlink "/proc/$$/fd/1")" != "$(readlink "/proc/$PPID/fd/1")" ] \
  && [ ! -f "/proc/$PPID/fd/2" ]; then
  { echo "$text" >"/proc/$PPID/fd/2"; } 2>/dev/null
fi
exit 0
