/* SPDX-License-Identifier: MIT
 *
 * faults — reading which fault is to be planted */
#include "faults.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace runner {

static std::string planted_file;
static int planted_line;

static Fault
read_fault ()
{
  static const struct
  {
    const char *name;
    Fault fault;
  } kinds[] = {
    { "skip", Fault::skip },
    { "half", Fault::half },
    { "turn", Fault::turn },
  };
  const char *variable = getenv ("NF_CUDA_FAULT");
  const std::string text = variable != nullptr ? variable : "";
  const size_t at = text.find ('@'), colon = text.rfind (':');

  if (variable == nullptr)
    return Fault::none;
  if (at != std::string::npos && colon != std::string::npos && at < colon) {
    planted_file = "/" + text.substr (at + 1, colon - at - 1);
    planted_line = atoi (text.c_str () + colon + 1);
    for (const auto &kind : kinds)
      if (text.substr (0, at) == kind.name && planted_line > 0)
        return kind.fault;
  }
  fprintf (stderr,
      "NF_CUDA_FAULT=%s: expected KIND@FILE:LINE, KIND being skip, "
      "half or turn\n",
      variable);
  exit (2);
}

const Fault planted_fault = read_fault ();

bool
is_planted_at (const char *file, int line)
{
  const std::string path = std::string ("/") + file;

  return line == planted_line && path.size () >= planted_file.size ()
      && path.compare (path.size () - planted_file.size (),
             planted_file.size (), planted_file)
      == 0;
}

} // namespace runner
