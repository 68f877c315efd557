/* SPDX-License-Identifier: MIT
 *
 * nfnets.def.h — the one list of network architectures
 *
 * NF_ARCHITECTURE (name): a file of this folder defines nf_net_NAME, which is all that
 * checkpoints, elements, trainer and bench know of it. */

NF_ARCHITECTURE (spade_unet)
NF_ARCHITECTURE (concat_unet)
NF_ARCHITECTURE (unetpp)
