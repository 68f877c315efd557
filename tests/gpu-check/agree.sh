#!/bin/sh
# agree.sh NETWORK FOLDER: whether a network on the GPU makes what PyTorch makes of
# the same weights and inputs, which are written to FOLDER; 77 where PyTorch cannot
# make anything. From peers.sh: NF_PEER, NF_PEER_DEVICE, NF_PEER_LIBRARIES, NF_TRAIN.
peer () { LD_PRELOAD='' LD_LIBRARY_PATH="$NF_PEER_LIBRARIES" "$NF_PEER" "$(dirname "$0")/peer.py" "$@"; }
mkdir -p "$2" || exit 1
peer write "$1" "$2" || exit 77
"$NF_TRAIN" bench network --checkpoint "$2/net.safetensors" --tensors "$2/inputs.safetensors" \
  --no-profile --repeat 1 --device cuda:0 -o "$2/out.safetensors" || exit 1
peer compare "$1" "$2" "$NF_PEER_DEVICE"
