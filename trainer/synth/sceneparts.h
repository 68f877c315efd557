/* SPDX-License-Identifier: MIT
 *
 * sceneparts — the parts of a data set that several programs made */
#pragma once

#include "synth/options.h"

G_BEGIN_DECLS

gboolean nf_scene_parts_take (const NfSynthOptions *options, GError **error);

G_END_DECLS
