/* SPDX-License-Identifier: MIT
 *
 * nfapi — what the library shows to others
 *
 * Symbols are hidden unless their declaration begins with NF_API: what installed
 * headers declare, and what the plugin, the trainer, the CUDA module and the
 * tests call beside that. */
#pragma once

/** NF_API: makes the symbol that is declared visible outside the library */
#define NF_API __attribute__ ((visibility ("default")))
