/* SPDX-License-Identifier: MIT
 *
 * standin-allocations — allocations that fail
 *
 * For tests, which look nf_standin_allocations() up in the module. */
#pragma once

/**
 * NfStandinAllocations:
 * @made: allocations of device and of pinned memory that were asked for
 * @failed: those of them that were made to fail
 * @captured: those of @failed that were asked for while a stream captured
 */
typedef struct
{
  int made, failed, captured;
} NfStandinAllocations;

/**
 * NfStandinAllocationsFunc:
 * @first: number, from 1, of the next allocation that fails; 0: none
 * @count: how many fail from there on
 * @so_far: (out): what happened since the call before
 */
typedef void (*NfStandinAllocationsFunc) (
    int first, int count, NfStandinAllocations *so_far);
