#!/bin/sh
# The manual page is whole: it has every command of nextframe-train, every option
# that --help of a command lists (and no others), and every variable that the
# program reads. From tests/meson.build: NF_SOURCE, NF_TRAIN.
page=$NF_SOURCE/docs/man/nextframe-train.1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
fail () { echo "FAIL: $*"; failed=1; }

# names of options in the lines given: "-x" and "--words"
options () {
  grep -oE -- '(^|[^a-z0-9-])(--[a-z][a-z0-9-]*|-[a-zA-Z]([^a-zA-Z0-9-]|$))' \
    | grep -oE -- '--?[a-zA-Z][a-z0-9-]*' | grep -vxE -- '-h|--help' | sort -u
}
helped () { # COMMAND
  "$NF_TRAIN" "$1" --help | grep -E '^  (-[a-zA-Z], )?--' \
    | sed -E 's/^ *((-[a-zA-Z], )?--[^ =[]*).*/\1/' | options
}
# the entries of the section OPTIONS OF ... COMMAND ... on the standard input: the
# lines after .TP
documented () { # COMMAND
  sed 's/\\-/-/g; s/\\f[A-Z]//g' | awk -v command="$(echo "$1" | tr '[:lower:]' '[:upper:]')" '
    /^\.SH/ { inside = /OPTIONS OF/ && (" " $0 " ") ~ (" " command " "); next }
    inside && entry { print }
    { entry = /^\.TP/ }' | options
}
section () { awk -v name=".SH $1" '/^\.SH/ { inside = $0 == name } inside' "$page"; }

# the test can fail: what is planted is found
printf '.SH OPTIONS OF ONE AND TWO\n.TP\n.BR \\-a ", " \\-\\-all =\\fIN\\fR ", " \\-\\-no\\-more\n.SH NEXT\n.TP\n\\-\\-not\n' >"$work/page"
[ "$(documented two <"$work/page" | tr '\n' ' ')" = "--all --no-more -a " ] \
  || fail "planted options are read as: $(documented two <"$work/page" | tr '\n' ' ')"
[ -z "$(documented three <"$work/page")" ] || fail "a command that is not there has options"

commands=$("$NF_TRAIN" --help | awk '/^  [a-z]/ { print $1 }')
[ "$(echo "$commands" | wc -l)" -ge 7 ] || fail "hardly any commands: $commands"
for command in $commands; do
  section SYNOPSIS | grep -q "nextframe-train $command\$" || fail "the synopsis has no $command"
  section COMMANDS | grep -qx "\.B $command" || fail "the section COMMANDS has no $command"
  helped "$command" >"$work/helped"
  documented "$command" <"$page" >"$work/documented"
  for option in $(comm -23 "$work/helped" "$work/documented"); do
    fail "$command: $option is not in the manual page"
  done
  for option in $(comm -13 "$work/helped" "$work/documented"); do
    fail "$command: the manual page has $option, --help has not"
  done
done
[ "$(helped bench | wc -l)" -gt 15 ] || fail "hardly any options of bench"

variables=$(grep -rhoE '"(NEXTFRAME|OMP)_[A-Z0-9_]+"' "$NF_SOURCE/kernels" "$NF_SOURCE/trainer" | tr -d '"' | sort -u)
[ -n "$variables" ] || fail "no variables"
for variable in $variables; do
  section ENVIRONMENT | grep -q "^\.B.* $variable\b\|^\.B $variable\$" \
    || fail "the section ENVIRONMENT has no $variable"
done

if command -v man >/dev/null; then
  LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>"$work/said" >/dev/null
  [ -s "$work/said" ] && { fail "the manual page has faults:"; cat "$work/said"; }
fi
exit $failed
