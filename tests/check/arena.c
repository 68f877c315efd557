/* SPDX-License-Identifier: MIT
 *
 * arena — the memory of the CPU backend's tensors: blocks lie apart, gaps are
 * used again, and little is reserved beyond what is in use */
#include "cpu/nfarena.h"

#include <string.h>

#define KIB ((gsize) 1024)
#define MIB (1024 * KIB)

static NfDeviceMemory
peaks (NfArena *arena, gboolean restart)
{
  NfDeviceMemory memory;

  nf_arena_memory (arena, restart, &memory);
  return memory;
}

/* a block that knows what is written in it */
typedef struct
{
  guint8 *data;
  gsize bytes;
  guint8 mark;
} Block;

static Block
block_new (NfArena *arena, gsize bytes, gboolean lasting, guint8 mark)
{
  Block b = { lasting ? nf_arena_alloc_lasting (arena, bytes)
                      : nf_arena_alloc (arena, bytes),
    bytes, mark };

  g_assert_nonnull (b.data);
  g_assert_cmpuint (GPOINTER_TO_SIZE (b.data) % 64, ==, 0);
  memset (b.data, mark, bytes);
  return b;
}

static void
block_end (NfArena *arena, Block *b)
{
  for (gsize i = 0; i < b->bytes; i++)
    g_assert_cmpuint (b->data[i], ==, b->mark);
  nf_arena_release (arena, b->data, b->bytes);
  b->data = NULL;
}

/* any order of sizes and ends: no block touches another one */
static void
test_apart (gconstpointer keep)
{
  NfArena *arena = nf_arena_new (GPOINTER_TO_INT (keep));
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  Block all[64] = { { NULL } };
  gsize live = 0, most = 0;

  for (guint i = 0; i < 4000; i++) {
    Block *b = &all[g_rand_int_range (rand, 0, G_N_ELEMENTS (all))];

    if (b->data != NULL) {
      live -= b->bytes;
      block_end (arena, b);
      continue;
    }
    *b = block_new (arena, 1 + (gsize) g_rand_int_range (rand, 0, 80000),
        g_rand_int_range (rand, 0, 8) == 0, (guint8) i);
    live += b->bytes;
    most = MAX (most, live);
    g_assert_cmpuint (peaks (arena, FALSE).live, ==, most);
  }
  g_assert_cmpuint (peaks (arena, FALSE).reserved, >=, most);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    if (all[i].data != NULL)
      block_end (arena, &all[i]);
  peaks (arena, TRUE);
  g_assert_cmpuint (peaks (arena, FALSE).live, ==, 0);
  nf_arena_free (arena);
}

/* two blocks that end leave room for one as large as both, wherever it lies */
static void
test_gaps_join (void)
{
  static const guint orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
    { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++) {
    NfArena *arena = nf_arena_new (TRUE);
    gpointer parts[3], end, all;

    for (guint k = 0; k < 3; k++)
      parts[k] = nf_arena_alloc (arena, MIB);
    end = nf_arena_alloc (arena, MIB);
    for (guint k = 0; k < 3; k++)
      nf_arena_release (arena, parts[orders[i][k]], MIB);
    all = nf_arena_alloc (arena, 3 * MIB);
    g_assert_true (all == parts[0]);
    g_assert_cmpuint (peaks (arena, FALSE).reserved, ==, 4 * MIB);
    nf_arena_release (arena, all, 3 * MIB);
    nf_arena_release (arena, end, MIB);
    nf_arena_free (arena);
  }
}

/* the smallest gap is taken; a larger one stays whole */
static void
test_smallest_gap (void)
{
  NfArena *arena = nf_arena_new (TRUE);
  gpointer large = nf_arena_alloc (arena, 3 * MIB);
  gpointer a = nf_arena_alloc (arena, MIB);
  gpointer small = nf_arena_alloc (arena, MIB);
  gpointer b = nf_arena_alloc (arena, MIB);
  gpointer c, d;

  nf_arena_release (arena, large, 3 * MIB);
  nf_arena_release (arena, small, MIB);
  c = nf_arena_alloc (arena, MIB - KIB);
  d = nf_arena_alloc (arena, 3 * MIB);
  g_assert_true (c == small && d == large);
  nf_arena_release (arena, a, MIB);
  nf_arena_release (arena, b, MIB);
  nf_arena_release (arena, c, MIB - KIB);
  nf_arena_release (arena, d, 3 * MIB);
  nf_arena_free (arena);
}

/* a gap at the end of what was used grows into the block that needs more */
static void
test_last_gap_grows (void)
{
  NfArena *arena = nf_arena_new (TRUE);
  gpointer first = nf_arena_alloc (arena, MIB);
  gpointer last = nf_arena_alloc (arena, 2 * MIB);
  gpointer more;

  nf_arena_release (arena, last, 2 * MIB);
  more = nf_arena_alloc (arena, 5 * MIB);
  g_assert_true (more == last);
  g_assert_cmpuint (peaks (arena, FALSE).reserved, ==, 6 * MIB);
  nf_arena_release (arena, first, MIB);
  nf_arena_release (arena, more, 5 * MIB);
  nf_arena_free (arena);
}

/* the same work again needs no more; several regions, too */
static void
test_runs_repeat (void)
{
  NfArena *arena = nf_arena_new (TRUE);
  gsize reserved = 0;

  for (guint run = 0; run < 3; run++) {
    gpointer all[12];

    for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
      all[i] = nf_arena_alloc (arena, (10 + 7 * i % 5) * MIB);
      if (i >= 2)
        nf_arena_release (arena, all[i - 2], (10 + 7 * (i - 2) % 5) * MIB);
    }
    for (guint i = G_N_ELEMENTS (all) - 2; i < G_N_ELEMENTS (all); i++)
      nf_arena_release (arena, all[i], (10 + 7 * i % 5) * MIB);
    if (run == 0)
      reserved = peaks (arena, FALSE).reserved;
    g_assert_cmpuint (peaks (arena, FALSE).reserved, ==, reserved);
  }
  g_assert_cmpuint (reserved, <=, 60 * MIB);
  nf_arena_free (arena);
}

/* What lies alone, small blocks and those that last, is given back at its end: the
 * same work again needs no more. */
static void
test_alone_is_given_back (gconstpointer keep)
{
  NfArena *arena = nf_arena_new (GPOINTER_TO_INT (keep));

  for (guint run = 0; run < 3; run++) {
    Block a = block_new (arena, 1000, FALSE, 1);
    Block b = block_new (arena, 3 * MIB + 1, TRUE, 2);

    peaks (arena, TRUE);
    g_assert_cmpuint (peaks (arena, FALSE).live, ==, 1000 + 3 * MIB + 1);
    /* each in whole 64 bytes */
    g_assert_cmpuint (peaks (arena, FALSE).reserved, ==, 1024 + 3 * MIB + 64);
    block_end (arena, &a);
    block_end (arena, &b);
    peaks (arena, TRUE);
    g_assert_cmpuint (peaks (arena, FALSE).live, ==, 0);
    g_assert_cmpuint (peaks (arena, FALSE).reserved, ==, 0);
  }
  nf_arena_free (arena);
}

static void
test_larger_than_a_region (void)
{
  NfArena *arena = nf_arena_new (TRUE);
  gpointer small = nf_arena_alloc (arena, MIB);
  gpointer large = nf_arena_alloc (arena, 200 * MIB);

  g_assert_nonnull (large);
  g_assert_cmpuint (peaks (arena, FALSE).reserved, ==, 201 * MIB);
  nf_arena_release (arena, large, 200 * MIB);
  nf_arena_release (arena, small, MIB);
  nf_arena_free (arena);
}

static void
test_too_large_fails (void)
{
  NfArena *arena = nf_arena_new (TRUE);

  g_assert_null (nf_arena_alloc (arena, G_MAXSSIZE / 2));
  g_assert_cmpuint (peaks (arena, FALSE).live, ==, 0);
  g_assert_cmpuint (peaks (arena, FALSE).reserved, ==, 0);
  nf_arena_free (arena);
}

/* (nullable): what the kernel says of the mapping that an address lies in */
static gchar *
mapping_flags (gconstpointer address)
{
  g_autofree gchar *smaps = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean inside = FALSE;

  if (!g_file_get_contents ("/proc/self/smaps", &smaps, NULL, NULL))
    return NULL;
  lines = g_strsplit (smaps, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    gchar *end = NULL;
    guint64 first = g_ascii_strtoull (lines[i], &end, 16);

    if (*end == '-')
      inside = GPOINTER_TO_SIZE (address) >= first
          && GPOINTER_TO_SIZE (address) < g_ascii_strtoull (end + 1, NULL, 16);
    else if (inside && g_str_has_prefix (lines[i], "VmFlags:"))
      return g_strdup (lines[i]);
  }
  return NULL;
}

static void
test_huge_pages_are_asked_for (void)
{
  NfArena *arena = nf_arena_new (TRUE);
  Block b = block_new (arena, 4 * MIB, FALSE, 1);
  g_autofree gchar *flags = mapping_flags (b.data);

  if (!g_file_test ("/sys/kernel/mm/transparent_hugepage", G_FILE_TEST_IS_DIR)
      || flags == NULL) {
    g_test_skip ("the system has no huge pages");
  } else {
    g_assert_cmpuint (GPOINTER_TO_SIZE (b.data) % (2 * MIB), ==, 0);
    g_assert_nonnull (strstr (flags, " hg"));
  }
  block_end (arena, &b);
  nf_arena_free (arena);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/arena/apart", GINT_TO_POINTER (TRUE), test_apart);
  g_test_add_data_func (
      "/arena/apart-each-alone", GINT_TO_POINTER (FALSE), test_apart);
  g_test_add_func ("/arena/gaps-join", test_gaps_join);
  g_test_add_func ("/arena/smallest-gap", test_smallest_gap);
  g_test_add_func ("/arena/last-gap-grows", test_last_gap_grows);
  g_test_add_func ("/arena/runs-repeat", test_runs_repeat);
  g_test_add_data_func (
      "/arena/alone/kept", GINT_TO_POINTER (TRUE), test_alone_is_given_back);
  g_test_add_data_func ("/arena/alone/checked", GINT_TO_POINTER (FALSE),
      test_alone_is_given_back);
  g_test_add_func ("/arena/larger-than-a-region", test_larger_than_a_region);
  g_test_add_func ("/arena/too-large-fails", test_too_large_fails);
  g_test_add_func ("/arena/huge-pages", test_huge_pages_are_asked_for);
  return g_test_run ();
}
