#!/bin/sh
# What nvcc makes of the kernels of a .cu file for an H100 or H200 (sm_90), as the
# toolkit's disassembler shows it: nothing is spilled, registers leave room for
# enough threads, no memory is read of which it does not know where it lies;
# kernels that go over elements, pixels or columns move it in packs of 128 bits, or
# all 64 that a pack has, and take none to pieces; attention on tensor cores loads
# matrices and copies tiles by the instructions that are made for it.
# From tests/meson.build: NF_NVCC, NF_NVCC_FLAGS; NF_SASS_PACKS, set where kernels
# with packs or on tensor cores must be found. Argument: the file.
#
# cuobjdump and nvdisasm are part of a complete toolkit; in Python's packages
# they are nvidia-cuda-cuobjdump and nvidia-cuda-nvdisasm.
in_python=$(python3 -c 'import glob, nvidia
print(":".join(b for p in nvidia.__path__ for b in glob.glob(p + "/*/bin")))' 2>/dev/null)
PATH=$PATH:$(dirname "$NF_NVCC"):$in_python
for program in cuobjdump nvdisasm c++filt; do
  command -v $program >/dev/null || { echo "skipped: no $program"; exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

"$NF_NVCC" $NF_NVCC_FLAGS -arch=sm_90 -cubin -o "$work/cubin" "$1" || exit 1
cuobjdump -res-usage "$work/cubin" >"$work/usage" || exit 1
cuobjdump -sass "$work/cubin" >"$work/sass" || exit 1
grep -E 'Function|REG:' "$work/usage" | c++filt >"$work/kernels"
grep -E 'Function|[[:space:]](LD|ST)[GL]?[.[:space:]]|[[:space:]](LDSM|HMMA|LDGSTS|MOVM)[.[:space:]]' \
  "$work/sass" | c++filt >>"$work/kernels"

# A kernel and its F (V elements at a time) are each_kernel<V, F>,
# pixels_kernel<F<T, V> > or <F<V, T> > or, for words, <F<uint4> >,
# sum_kernel<V, F>, columns_kernel<V, F>, column_sums_kernel<K, V, F>,
# norm_whole_..._kernel<V, T>.
awk -v wanted="$NF_SASS_PACKS" '
# registers that a kernel may use: of the 65536 there are, for as many threads as
# it takes to wait for memory
function budget() {
  if (kernel ~ /^pixels_kernel<FirUp/) return 128 # it keeps six pixels
  # several pixels are under way, or one of several tensors is looked for: four
  # blocks of 256 threads
  if (kernel ~ /^pixels_kernel<(FirDown|Pool|SumCopies|Gather<(float|__nv_bfloat16))/)
    return 64
  if (kernel ~ /^(each|pixels)_kernel/) return 48 # five blocks of 256 threads
  if (kernel ~ /^attention_bf16_kernel/) return 168 # three blocks of 128
  if (kernel ~ /^attention_dots_bf16_kernel/) return 64
  return 128 # two blocks of 256
}
function fail(what) { print "FAIL: " kernel ": " what; bad = 1 }
/Function/ {
  kernel = $0
  sub (/^.*Function *:? */, "", kernel)
  sub (/:$/, "", kernel)
  sub (/^void /, "", kernel)
  if (!sub (/>\(.*$/, ">", kernel)) sub (/\(.*$/, "", kernel)
  next
}
/REG:/ {
  for (i = 1; i <= NF; i++) {
    split ($i, part, ":")
    use[part[1]] = part[2]
  }
  kernels++
  if (use["REG"] + 0 > most) most = use["REG"]
  if (use["STACK"] + use["LOCAL"] > 0) fail ("uses a stack: " $0)
  if (use["REG"] + 0 > budget()) fail ("more than " budget() " registers: " $0)
  next
}
{
  for (i = 1; i < NF && $i !~ /^((LD|ST)[GL]?|LDSM|HMMA|LDGSTS|MOVM)(\.|$)/; i++);
  if ($i ~ /^(LDL|STL)/) fail ("spills: " $i)
  if ($i ~ /^(LD|ST)(\.|$)/) fail ("does not know which memory it reads: " $i)
  moves[kernel, $i]++
  names[kernel] = 1
  ops[$i] = 1
}
# bits of a pack: V elements of F or T, of kernels that go by columns; 0: another
# kernel. What is f32, or V of bf16 in 64 bits, says the type that F has
function columns_bits(  inner, v) {
  inner = kernel
  if (!sub (/^column_sums_kernel<[0-9]+, /, "", inner) &&
      !sub (/^columns_kernel</, "", inner) && !sub (/^norm_whole_[a-z_]*</, "", inner))
    return 0
  v = inner + 0
  return v < 2 ? 0 : v * (inner ~ /bfloat16/ ? 16 : 32)
}
function is_packed_pixels() {
  return kernel ~ /^pixels_kernel<[A-Za-z]+<(.*, )?[48](, .*)?> ?>/ ||
    kernel ~ /^pixels_kernel<[A-Za-z]+<uint4/
}
# bytes are packed by words
function is_bytes(op) {
  return (kernel ~ /, Quantize>/ && op ~ /^STG/) || (kernel ~ /unsigned char/ && op ~ /^LDG/)
}
END {
  for (kernel in names) {
    if (kernel ~ /^attention_.*bf16_kernel/) {
      delete found
      for (op in ops) {
        split (op, part, ".")
        found[part[1]] += moves[kernel, op]
      }
      tensor_cores++
      if (!found["HMMA"]) fail ("multiplies no matrices")
      if (!found["LDSM"] || found["MOVM"]) fail ("loads matrices by other means than ldmatrix")
      if (!found["LDGSTS"]) fail ("waits for what it copies to shared memory")
    }
    if (kernel ~ /^each_kernel<[48],/) {
      single = kernel
      sub (/<[48],/, "<1,", single)
      packs = substr (kernel, index (kernel, "<") + 1, 1)
      # what is left over is moved one by one, as the kernel without packs does;
      # a tensor whose packs are, too, costs as many moves more as they have elements
      for (op in ops)
        if (op !~ /\.128/ && moves[kernel, op] - moves[single, op] >= packs)
          fail (moves[kernel, op] " of " op ", without packs " moves[single, op] + 0)
      bits = 128
    } else if (columns_bits() > 0)
      bits = columns_bits() < 128 ? columns_bits() : 128
    else if (is_packed_pixels() || kernel ~ /^sum_kernel<[48],/)
      bits = 128
    else
      continue
    packed++
    load = store = 0
    for (op in ops) {
      if (op ~ "^LDG.*\\." bits) load += moves[kernel, op]
      if (op ~ "^STG.*\\." bits) store += moves[kernel, op]
      # of bf16 nothing else is written, and pixels and columns write nothing else;
      # in other kernels sums are f32, one by one
      if (op ~ /^STG/ && moves[kernel, op] &&
          (op ~ /U16/ || (kernel ~ /^(pixels|columns)_kernel/ && op !~ /\.(64|128)/)) &&
          kernel !~ /^each_kernel/ && !is_bytes(op))
        fail ("takes packs to pieces: " moves[kernel, op] " of " op)
    }
    if (!load && !is_bytes("LDG")) fail ("loads no " bits " bits at once")
    if (!store && !is_bytes("STG") && kernel !~ /^(column_sums|sum)_kernel/)
      fail ("stores no " bits " bits at once")
  }
  if (!kernels || (wanted != "" && !(packed + tensor_cores))) {
    print "FAIL: no kernels, or none with packs or on tensor cores, were found"
    bad = 1
  }
  print kernels " kernels, " packed + 0 " of them with packs, " tensor_cores + 0 \
    " on tensor cores, " most " registers at most"
  exit bad
}' "$work/kernels"
