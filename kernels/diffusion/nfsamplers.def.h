/* SPDX-License-Identifier: MIT
 *
 * nfsamplers.def.h — the one list of sampling methods
 *
 * NF_SAMPLER (NAME, function, name, pick, flags, description): the enum, the
 * declarations of the walks and the table in nfsampler.c, from which names,
 * help and the property `sampler` come, are all made of these rows, in this
 * order. A new method goes to the end, for a pipeline may give a method by its
 * number. Its file defines nf_sampler_walk_FUNCTION (); pick is the function
 * of nfschedule.h that picks the labels it visits. */

NF_SAMPLER (DDIM, ddim, "ddim", nf_schedule_steps, 0,
    "DDIM: deterministic, first order")

/* fresh noise after every step but the last */
NF_SAMPLER (DDPM, ddpm, "ddpm", nf_schedule_steps, NF_SAMPLER_ANCESTRAL,
    "DDPM: fresh noise after every step")

/* uses four past predictions; its first three steps cost four evaluations each
 */
NF_SAMPLER (FPNDM, fpndm, "f-pndm", nf_schedule_steps, 0,
    "F-PNDM: deterministic, second order")

/* one evaluation a step, at labels of its own: the one for few steps */
NF_SAMPLER (DPM_SOLVER, dpm_solver, "dpm-solver++", nf_schedule_even_steps, 0,
    "DPM-Solver++(2M): deterministic, second order, for few steps")
