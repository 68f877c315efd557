#!/bin/sh
# What tests/stress/long.py says of samples: flat ones, and those that are not.
# From tests/meson.build: NF_SOURCE.
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
long="$NF_SOURCE/tests/stress/long.py"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0

# judged NAME STATUS, AWK: 200 samples, the columns after the seconds by AWK of i
judged() {
  mkdir "$out/$1"
  awk "BEGIN { print \"seconds,resident_kib,threads,descriptors\"
    for (i = 0; i < 200; i++) print 5 * i \",\" $3 }" >"$out/$1/samples.csv"
  python3 "$long" judge "$out/$1" >"$out/said"
  status=$?
  if [ $status != "$2" ]; then
    echo "$1: status $status instead of $2"
    cat "$out/said"
    failed=1
  fi
}

judged flat 0 '40000 + i % 7 ",8,17"'
judged starting 0 '(i < 20 ? 1000 : 40000) "," (i < 20 ? 1 : 8) ",17"'
judged returned 0 '(i > 150 ? 30000 : 40000) ",8,17"'
judged little 0 'int (40000 + 5 * i) ",8,17"'
judged growing 1 'int (40000 + 7 * i) ",8,17"'
judged large 0 'int (400000 + 40 * i) ",8,17"'
judged large-growing 1 'int (400000 + 60 * i) ",8,17"'
judged threads 1 '"40000," (i > 150 ? 9 : 8) ",17"'
judged descriptors 1 '"40000,8," 17 + int (i / 50)'
for name in flat growing; do
  if ! grep -q '^</svg>$' "$out/$name/plot.svg" || [ "$(grep -c '<polyline' "$out/$name/plot.svg")" != 3 ]; then
    echo "$name: no plot of three curves"
    failed=1
  fi
done
if python3 "$long" run 60 "$out/ended" false >"$out/said" || ! grep -q 'ended by itself' "$out/said"; then
  echo "a command that ends by itself passes"
  cat "$out/said"
  failed=1
fi
mkdir "$out/none"
head -n 5 "$out/flat/samples.csv" >"$out/none/samples.csv"
if python3 "$long" judge "$out/none" >/dev/null; then
  echo "five samples pass"
  failed=1
fi
exit $failed
