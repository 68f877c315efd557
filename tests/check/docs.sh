#!/bin/sh
# The guides lead somewhere: files that they link to are there, so are the paths
# that contributing.md names, and docs/README.md lists every guide.
# From tests/meson.build: NF_SOURCE.
cd "$NF_SOURCE" || exit 1
links=$(mktemp) || exit 1
trap 'rm -f "$links"' EXIT
failed=0
fail () { echo "FAIL: $*"; failed=1; }

guides=$(find . -name '*.md' -not -path './build*' -not -path './.git/*')
[ "$(echo "$guides" | wc -l)" -gt 10 ] || fail "hardly any guides"
for guide in $guides; do
  # [text](path#part), but no addresses and no parts of the same page
  grep -o '](\([^)#:]*\)[)#]' "$guide" | sed 's/^](//; s/[)#]$//' | grep . | sort -u >"$links"
  while read -r link; do
    [ -e "$(dirname "$guide")/$link" ] || fail "$guide links to $link, which is not there"
  done <"$links"
done

# paths in backquotes that begin with a folder of the tree; words in capitals
# stand for names, * for several files
grep -o '`\(kernels\|gst\|trainer\|tests\|docs\|examples\)/[^` ]*`' docs/contributing.md \
  | tr -d '`' | sort -u >"$links"
[ -s "$links" ] || fail "contributing.md names no files"
while read -r path; do
  path=$(echo "$path" | sed 's|/[^/]*[A-Z][A-Z].*||')
  # shellcheck disable=SC2086
  ls -d $path >/dev/null 2>&1 || fail "contributing.md names $path, which is not there"
done <"$links"

for guide in docs/*.md docs/man/*; do
  [ "$guide" = docs/README.md ] || grep -q "](${guide#docs/})" docs/README.md \
    || fail "docs/README.md does not list $guide"
done
exit $failed
