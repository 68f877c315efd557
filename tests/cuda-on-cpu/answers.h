/* SPDX-License-Identifier: MIT
 *
 * answers — what the stand-ins for cuBLASLt and cuDNN answer for a shape
 *
 * NVIDIA's libraries want no workspace for one shape, an odd number of bytes
 * for the next and tens of MiB for a third; for some they have no algorithm or
 * plan at all. So do the stand-ins: each answer is drawn from the shape that is
 * asked about, always the same one for the same shape. With
 * NF_CUDA_ANSWERS=plain all shapes are answered alike: there is an algorithm,
 * and what it works in is small. Another number than 1 in NF_CUDA_ANSWERS draws
 * other answers. */
#pragma once

#include <cstddef>
#include <cstdint>

namespace runner {

/* whether answers differ from shape to shape */
bool answers_vary ();

/* a number from @bytes bytes that describe a shape, for answer_pick () */
uint32_t answer_of (const void *shape, size_t bytes);

/* one of @n answers to question number @question about a shape */
uint32_t answer_pick (uint32_t answer, uint32_t question, uint32_t n);

/* bytes of workspace for a shape, @most at most: none, little, odd, many */
size_t answer_workspace (uint32_t answer, size_t most);

} // namespace runner
