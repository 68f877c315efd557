/* SPDX-License-Identifier: MIT
 *
 * nfclipsources.def.h — the one list of kinds of clip sources
 *
 * NF_CLIP_SOURCE (name): a file of this folder defines nf_clip_source_NAME,
 * which is all that the others know of it. A location is of the first kind
 * whose prefix it has. */

NF_CLIP_SOURCE (scenes)
/* the last one, for it has no prefix: what no other kind takes is a folder */
NF_CLIP_SOURCE (folder)
