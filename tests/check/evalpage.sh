#!/bin/sh
# The report of `nextframe-train eval` in a browser, as people open it: on a phone's
# width and on a desktop's, light and dark, every picture loads, nothing sticks out,
# on a desktop the table is seen whole, text stands out from its ground, and the
# console has nothing to say.
set -e
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo "skipped: no chromium"
  exit 77
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export NEXTFRAME_PATH="$NF_SOURCE/examples/checkpoints"
export XDG_CONFIG_HOME="$out/config" XDG_CACHE_HOME="$out/cache"

# a name that has no place to break
data="$out/clips-of-a-folder-with-a-rather-long-name-without-spaces"
"$NF_TRAIN" synth --out "$data" --val 3 --seed 9 --width 96 --height 64 2>"$out/log"
"$NF_TRAIN" eval --data "$data" --steps 2 --ensemble 2 --out "$out/run" >"$out/table" 2>"$out/log" || {
  cat "$out/log"
  exit 1
}

# The page within a frame of a width, and what a script finds there. Open <details>
# are as a reader finds them, closed ones are opened: they hold tables, too.
cat >"$out/run/look.html" <<'END'
<!DOCTYPE html><meta charset="utf-8"><iframe id="page" src="report.html"></iframe><pre id="found"></pre>
<script>
const frame = document.getElementById ("page");
const width = Number (location.hash.slice (1));
frame.style.border = 0;
frame.width = width;
frame.height = 900;
const light = colour => {
  const part = colour.match (/[\d.]+/g).slice (0, 3).map (v => v / 255)
    .map (v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
};
onload = () => {
  const page = frame.contentDocument, found = [];
  const style = name => frame.contentWindow.getComputedStyle (page.querySelector (name));
  for (const part of page.querySelectorAll ("details"))
    part.open = true;
  const images = [...page.images];
  const loaded = images.filter (i => i.complete && i.naturalWidth === 96 && i.clientWidth >= 80);
  found.push (`pictures ${loaded.length} of ${images.length}`);
  found.push (`charts ${[...page.querySelectorAll ("svg[role=img]")].filter (s => s.clientWidth > 250).length}`);
  found.push (`sticks out ${page.documentElement.scrollWidth - page.documentElement.clientWidth}`);
  // narrow pages scroll it
  const table = page.querySelector (".scroll");
  found.push (`cut off ${width < 1000 ? 0 : table.scrollWidth - table.clientWidth}`);
  const ground = light (style ("body").backgroundColor);
  for (const name of ["body", "figcaption", "dt", "svg text"]) {
    const text = light (name === "svg text" ? style (name).fill : style (name).color);
    const contrast = (Math.max (text, ground) + 0.05) / (Math.min (text, ground) + 0.05);
    if (!(contrast >= 4.5))
      found.push (`faint ${name} ${contrast}`);
  }
  found.push (ground > 0.5 ? "light" : "dark");
  const sizes = [...page.querySelectorAll ("p, td, th, li, figcaption, dd")]
    .map (e => parseFloat (frame.contentWindow.getComputedStyle (e).fontSize));
  found.push (`small text ${sizes.filter (s => !(s >= 12)).length}`);
  document.getElementById ("found").textContent = found.join (", ");
};
</script>
END

look() { # width, colour scheme (0: dark, 1: light), its name
  timeout 240 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir="$out/profile" \
    --allow-file-access-from-files --enable-logging=stderr --blink-settings=preferredColorScheme="$2" \
    --window-size=1400,1000 --virtual-time-budget=10000 --dump-dom "file://$out/run/look.html#$1" \
    >"$out/dom" 2>"$out/console" || {
    tail -5 "$out/console"
    echo "$browser failed"
    exit 1
  }
  if grep CONSOLE "$out/console"; then
    echo "$1 pixels, $3: the console says something"
    exit 1
  fi
  found=$(sed -n 's/.*<pre id="found">\([^<]*\)<.*/\1/p' "$out/dom")
  echo "$1 pixels, $3: $found"
  [ "$found" = "pictures 69 of 69, charts 4, sticks out 0, cut off 0, $3, small text 0" ]
}

look 390 1 light
look 390 0 dark
look 1280 1 light
look 1280 0 dark
