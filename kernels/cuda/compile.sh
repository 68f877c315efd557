#!/bin/sh
# compile.sh LOG NVCC ARGUMENTS...: compiles a .cu file; what ptxas says about
# registers goes to LOG (the test cuda-build reads it), the rest is shown.
log=$1
shift
"$@" -Xptxas -v >"$log" 2>&1
status=$?
grep -v -e '^ptxas info' -e '^ *[0-9]* bytes stack frame' "$log" >&2
exit $status
