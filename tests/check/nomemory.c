/* SPDX-License-Identifier: MIT
 *
 * nomemory — frames for which there is no memory
 *
 * The process may have little memory. There is enough for a frame or two, which
 * GStreamer allocates, but not for what an element makes of them: that is an error
 * of the element, and the process goes on. Each pipeline has a process of its own,
 * whose limit ends with it. */
#include "nfmodelrig.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LIMIT ((rlim_t) 1 << 28) /* bytes of address space, from now on */

static const gchar *const pipelines[] = {
  "nfscenesrc clips=1 ! video/x-raw,width=8000,height=4000 ! fakesink",
  "nfscenesrc clips=1 name=s s.mask ! "
  "video/x-raw,width=12000,height=8000 ! fakesink",
  "videotestsrc num-buffers=1 pattern=black ! "
  "video/x-raw,format=GRAY8,width=8000,height=4000 ! "
  "nfextrapolate context=1 ! fakesink",
  "videotestsrc num-buffers=1 pattern=black ! "
  "video/x-raw,format=GRAY8,width=6000,height=4000 ! "
  "nfsegment device=cpu checkpoint=%s ! fakesink",
};

/* address space that the process has now, bytes */
static rlim_t
size_now (void)
{
  g_autofree gchar *text = NULL;

  fail_unless (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));

  return (rlim_t) g_ascii_strtoull (text, NULL, 10)
      * (rlim_t) sysconf (_SC_PAGESIZE);
}

GST_START_TEST (test_no_memory)
{
  g_auto (GStrv) parts = g_strsplit (pipelines[__i__], "%s", -1);
  g_autofree gchar *launch = g_strjoinv (nf_models_segmenter (), parts);
  g_autofree gchar *error = NULL;
  struct rlimit limit;

  fail_unless (getrlimit (RLIMIT_AS, &limit) == 0);
  limit.rlim_cur = size_now () + LIMIT;
  fail_unless (setrlimit (RLIMIT_AS, &limit) == 0);
  error = nf_test_run (launch);
  fail_unless (error != NULL, "no error: %s", launch);
  fail_unless (strstr (error, "memory") != NULL, "%s: %s", launch, error);
}
GST_END_TEST

static Suite *
no_memory_suite (void)
{
  Suite *suite = suite_create ("no-memory");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_no_memory, 0, G_N_ELEMENTS (pipelines));

  return suite;
}

GST_CHECK_MAIN (no_memory)
