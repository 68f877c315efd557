#!/bin/sh
# The guides lead somewhere: files that they link to are there, with the headings
# that links name; so are the paths that contributing.md names, docs/README.md lists
# every guide, and the errors that faq.md quotes are those that programs give.
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

# what links call the headings of GUIDE
parts () {
  grep '^#' "$1" | sed -E 's/^#+ //; s/\[([^]]*)\]\([^)]*\)/\1/g' | tr '[:upper:]' '[:lower:]' \
    | sed 's/[^a-z0-9_ -]//g; s/ /-/g'
}
# [text](path#part) and [text](#part)
for guide in $guides; do
  grep -o '](\([^)#: ]*\)#[^)]*)' "$guide" | sed 's/^](//; s/)$//' | sort -u >"$links"
  while read -r link; do
    named=${link%%#*}
    named=${named:+$(dirname "$guide")/$named}
    parts "${named:-$guide}" | grep -qxF "${link#*#}" || fail "$guide links to $link, which has no such heading"
  done <"$links"
done
parts README.md | grep -qx "this-heading-no-guide-has" && fail "a heading that no guide has is found"

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
# What faq.md quotes is what programs say. Headings of errors hold the texts, with ...
# for what differs; those under Python, and of elements that are not there, are
# other programs' texts. In the source a text goes on over several lines, with
# macros between its parts.
said=$(find kernels gst trainer examples -name '*.c' -exec cat {} + | tr '\n' ' ' \
  | sed -E 's/" *([A-Z][A-Z0-9_]* *)*"//g')
# quoted LINE: each part of the heading's text is in the source
quoted () {
  echo "$1" | sed 's/^#### `//; s/`$//; s/\.\.\./\n/g' | sed 's/^[ .;:,]*//; s/[ .;:,]*$//' | grep '...' >"$links" || return 1
  while read -r part; do
    case $said in
      *"$part"*) ;;
      *) return 1 ;;
    esac
  done <"$links"
}
quoted "#### \`this error no program has\`" && fail "a text that no program has is found"
errors=$(awk '/^### / { ours = $0 != "### Python" } ours && /^#### / && !/no element/' docs/faq.md)
[ "$(echo "$errors" | wc -l)" -gt 15 ] || fail "faq.md quotes hardly any errors"
while read -r error; do
  quoted "$error" || fail "docs/faq.md: no program says: ${error#\#\#\#\# }"
done <<END
$errors
END
exit $failed
