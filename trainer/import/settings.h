/* SPDX-License-Identifier: MIT
 *
 * settings — what a training's configuration file says of its network
 *
 * Reads the YAML of MCVD, one level of sections with numbers, words and lists in
 * them, also as Python writes its namespaces, and the .ini files of this trainer.
 * The sections model and data say what the network is, others are passed over.
 * Sibling: netconfig.h, which makes a network's configuration of them */
#pragma once

#include <nextframe/core/nferror.h>

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * nf_settings_read:
 * @settings: gets keys, with _ for -, and values: numbers, booleans, texts and
 *   lists of numbers
 * @path: a file named .yml, .yaml or .ini
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_IO, %NF_ERROR_FORMAT
 *   with the line
 *
 * Returns: FALSE with @error set
 */
gboolean nf_settings_read (
    JsonObject *settings, const gchar *path, GError **error);

/**
 * nf_settings_set:
 * @settings: gets the key, in place of the one that is there
 * @assignment: KEY=VALUE
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE with @error set
 */
gboolean nf_settings_set (
    JsonObject *settings, const gchar *assignment, GError **error);

G_END_DECLS
