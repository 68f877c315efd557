#!/bin/sh
# The contract of every installed function stands in its header: a comment right
# before the declaration that describes each parameter and the result, and no
# others. The list of headers is install_headers () in kernels/meson.build.
# From tests/meson.build: NF_SOURCE.
cd "$NF_SOURCE/kernels" || exit 1

# lines about functions of the header on the standard input whose contract is
# missing or not whole, and a line "function NAME" for each
examine () {
  awk -v file="$1" '
    function complain (text) { print file ": " name " (): " text }
    # the last word of a parameter, without its array bounds
    function name_of (parameter) {
      gsub (/\[[^]]*\]/, "", parameter)
      gsub (/[ \t]+$/, "", parameter)
      sub (/^.*[^A-Za-z0-9_]/, "", parameter)
      return parameter
    }
    function check (text,   result, n, list, i, known, found) {
      gsub (/G_(BEGIN|END)_DECLS|G_DEFINE_[A-Z_]+ \([^)]*\)/, "", text)
      gsub (/^[ \t]+|NF_API /, "", text)
      if (text ~ /^(typedef|struct|enum|union|extern)/ \
          || !match (text, /nf_[a-z0-9_]+ \(/))
        return
      name = substr (text, RSTART, RLENGTH - 2)
      print "function " name
      result = substr (text, 1, RSTART - 1)
      text = substr (text, RSTART + RLENGTH)
      sub (/\)[^)]*$/, "", text)
      if (documented != name) {
        complain ("has no comment before it that begins with its name")
        return
      }
      n = text ~ /^ *void *$/ ? 0 : split (text, list, ",")
      for (i = 1; i <= n; i++) {
        known[name_of(list[i])] = 1
        if (doc !~ ("\n \\* @" name_of(list[i]) ": [^\n]"))
          complain ("its comment does not describe @" name_of(list[i]))
      }
      n = split (doc, list, "\n")
      for (i = 1; i <= n; i++)
        if (match (list[i], /^ \* @[a-z0-9_]+:/)) {
          found = substr (list[i], 5, RLENGTH - 5)
          if (!(found in known))
            complain ("its comment describes @" found ", which it has not")
        }
      if (result ~ /(^|[^a-z])void *$/) {
        if (doc ~ /\n \* Returns:/)
          complain ("its comment has a result, and it returns none")
      } else if (doc !~ /\n \* Returns: [^\n]/)
        complain ("its comment does not describe the result (Returns:)")
    }
    # preprocessor lines
    macro || /^#/ { macro = /\\$/; next }
    # comments
    inside {
      doc = doc $0 "\n"
      if (/^ \* nf_[a-z0-9_]+:/ && documented == "") {
        documented = $2
        sub (/:.*/, "", documented)
      }
      if (/\*\//) inside = 0
      next
    }
    skip { if (/\*\//) skip = 0; next }
    /^\/\*\*/ { inside = !/\*\//; doc = $0 "\n"; documented = ""; next }
    /^[ \t]*\/\*/ && !/\*\// { skip = 1; next }
    {
      gsub (/\/\*[^*]*\*\//, "")
      if (/\/\*/) { skip = 1; sub (/\/\*.*/, "") }
      for (i = 1; i <= length ($0); i++) {
        c = substr ($0, i, 1)
        if (c == "{") {
          if (depth++ == 0) {
            inline_function = statement ~ /static inline/
            if (inline_function) check(statement)
          }
        } else if (c == "}") {
          if (--depth == 0 && inline_function) statement = documented = ""
        } else if (depth == 0 && c == ";") {
          check(statement)
          statement = documented = ""
        } else if (depth == 0)
          statement = statement c
      }
      if (depth == 0) statement = statement " "
    }'
}

# the test can fail: what is planted is found
expect () {
  found=$(examine planted.h)
  echo "$found" | grep -qF "$1" && return
  echo "FAIL: a header with a fault ($1) gives: $found"
  exit 1
}
contract='/**
 * nf_a_b:
 * @a: a number
 * @b: another one
 *
 * Returns: their sum
 */'
declaration='gint nf_a_b (const gint *a, gint b[4]);'
printf '%s\n%s\n' "$contract" "$declaration" | expect 'function nf_a_b'
printf '%s\n%s\n' "$contract" "$declaration" | examine planted.h | grep -q 'planted.h' \
  && { echo "FAIL: a whole contract is not accepted"; exit 1; }
echo "$declaration" | expect 'has no comment'
printf '%s\n\n%s\n%s\n' "$contract" 'gint nf_a_c (void);' "$declaration" \
  | expect 'nf_a_b (): has no comment'
{ echo "$contract" | grep -v '@b'; echo "$declaration"; } | expect 'does not describe @b'
{ echo "$contract" | sed 's/@b:.*/@b:/'; echo "$declaration"; } | expect 'does not describe @b'
{ echo "$contract" | sed 's/@b/@c/'; echo "$declaration"; } | expect 'describes @c'
{ echo "$contract" | grep -v Returns; echo "$declaration"; } | expect 'does not describe the result'
{ echo "$contract"; echo 'void nf_a_b (gint a, gint b);'; } | expect 'it returns none'
{ echo "$contract" | grep -v '@a'; echo 'static inline gint'; echo 'nf_a_b (gint a, gint b)'
  echo '{'; echo '  return a + b;'; echo '}'; } | expect 'does not describe @a'

headers=$(sed -n '/^install_headers/,/subdir/p' meson.build | grep -o "'[^']*\.h'" | tr -d "'")
[ "$(echo "$headers" | wc -l)" -gt 40 ] || { echo "FAIL: hardly any headers"; exit 1; }
# shellcheck disable=SC2094 # the name is for messages
all=$(for header in $headers; do examine "$header" <"$header"; done)
functions=$(echo "$all" | sed -n 's/^function //p')
[ "$(echo "$functions" | wc -l)" -gt 350 ] || { echo "FAIL: hardly any functions"; exit 1; }
bad=$(echo "$all" | grep -v '^function '
  # it stands once
  grep -roE --include='*.c' '^ \* nf_[a-z0-9_]+:' . | awk -v functions="$functions" '
    BEGIN { n = split (functions, list); for (i = 1; i <= n; i++) installed[list[i] ":"] = 1 }
    $3 in installed { print $0 " its comment belongs into the header alone" }')
[ -z "$bad" ] && exit 0
echo "$bad"
echo "FAIL: docs/contributing.md says what such a comment holds"
exit 1
