/* SPDX-License-Identifier: MIT
 *
 * formula — parameters of golden networks: filling them, comparing them
 *
 * Parameters that a golden file does not store are defined by their names:
 *   u(name, i) = (splitmix64 (fnv1a64 (name) + i) >> 40) / 2^23 - 1
 * scaled by what kind of parameter the name says, in double, rounded once.
 * Gradients are compared where the file stores them (a large one's first
 * elements), and whole by their norm and by a projection on u("proj:" name). */
#include "golden.h"

#include <math.h>
#include <string.h>

#include <nextframe/core/random/nfrng.h>
#include "io/nfjson.h"

/**
 * golden_splitmix64:
 *
 * Returns: the hash of @x
 */
guint64
golden_splitmix64 (guint64 x)
{
  x += G_GUINT64_CONSTANT (0x9E3779B97F4A7C15);
  x = (x ^ (x >> 30)) * G_GUINT64_CONSTANT (0xBF58476D1CE4E5B9);
  x = (x ^ (x >> 27)) * G_GUINT64_CONSTANT (0x94D049BB133111EB);
  return x ^ (x >> 31);
}

static gdouble
u_of_hash (guint64 hash, guint64 index)
{
  return (gdouble) (golden_splitmix64 (hash + index) >> 40) / 8388608.0 - 1.0;
}

/**
 * golden_u:
 *
 * Returns: the number in [-1, 1) of an element of @name
 */
gdouble
golden_u (const gchar *name, guint64 index)
{
  return u_of_hash (nf_hash_string (name), index);
}

/* offset + scale * u; folded: offset + scale * |u| */
typedef struct
{
  gdouble offset, scale;
  gboolean folded;
} Rule;

static gboolean
find_rule (const gchar *name, const gint64 *dims, guint rank, Rule *rule)
{
  gdouble fan_in = 0;

  *rule = (Rule){ 0.0, 0.1, FALSE };
  if (g_str_has_suffix (name, "num_batches_tracked"))
    rule->scale = 0.0;
  else if (g_str_has_suffix (name, ".running_var"))
    *rule = (Rule){ 1.0, 0.5, TRUE };
  else if (g_str_has_suffix (name, ".weight") && rank == 1)
    rule->offset = 1.0;
  else if (g_str_has_suffix (name, ".weight") && rank == 2)
    fan_in = (gdouble) dims[1];
  else if (g_str_has_suffix (name, ".weight") && rank == 4)
    fan_in = (gdouble) (dims[1] * dims[2] * dims[3]);
  else if (g_str_has_suffix (name, ".W") && rank == 2)
    fan_in = (gdouble) dims[0];
  else if (!g_str_has_suffix (name, ".bias") && !g_str_has_suffix (name, ".b")
      && !g_str_has_suffix (name, ".running_mean"))
    return FALSE;
  if (fan_in > 0)
    rule->scale = sqrt (3.0 / fan_in);
  return TRUE;
}

/**
 * golden_formula:
 * @name: of a parameter
 * @dims: its shape, in PyTorch's order
 * @rank: how many
 * @n: elements
 * @out: (array length=n): the values
 *
 * Returns: %FALSE if the formula has no rule for such a parameter
 */
gboolean
golden_formula (
    const gchar *name, const gint64 *dims, guint rank, gsize n, gfloat *out)
{
  guint64 hash = nf_hash_string (name);
  Rule rule;
  gdouble u;

  if (!find_rule (name, dims, rank, &rule))
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    u = u_of_hash (hash, i);
    out[i] = (gfloat) (rule.offset + rule.scale * (rule.folded ? fabs (u) : u));
  }
  return TRUE;
}

/* The file's "weight/NAME"; TRUE with @found unset where it has none */
static gboolean
fill_from_file (Golden *golden, NfParam *param, gfloat *out, gboolean *found,
    GError **error)
{
  g_autofree gchar *name = g_strconcat ("weight/", param->name, NULL);
  const NfSafetensorsEntry *entry = golden_lookup (golden, name);
  gboolean same;

  *found = entry != NULL;
  if (entry == NULL)
    return TRUE;
  same = entry->rank == param->rank;
  for (guint i = 0; same && i < param->rank; i++)
    same = entry->shape[i] == param->dims[i];
  if (!same) {
    g_autofree gchar *theirs =
        nf_safetensors_shape_string (entry->shape, entry->rank);
    g_autofree gchar *ours =
        nf_safetensors_shape_string (param->dims, param->rank);

    g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
        "%s: the file has shape %s, the network %s", name, theirs, ours);
    return FALSE;
  }
  return nf_safetensors_read_f32 (entry, out, error);
}

static gboolean
fill_param (Golden *golden, NfParam *param, GError **error)
{
  gsize n = nf_tensor_elements (param->value);
  g_autofree gfloat *data = NULL;
  gboolean found;

  if (param->value->dtype == NF_I64)
    return nf_tensor_zero (param->value, error);
  data = g_new (gfloat, n);
  if (!fill_from_file (golden, param, data, &found, error))
    return FALSE;
  if (!found
      && !golden_formula (param->name, param->dims, param->rank, n, data)) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "no weight and no formula for parameter %s", param->name);
    return FALSE;
  }
  return nf_tensor_set_nchw (param->value, data, error);
}

/**
 * golden_fill:
 *
 * Gives every parameter the file's value, or else the formula's.
 *
 * Returns: %FALSE with @error set
 */
gboolean
golden_fill (Golden *golden, NfParams *params, GError **error)
{
  for (guint i = 0; i < nf_params_count (params); i++)
    if (!fill_param (golden, nf_params_index (params, i), error))
      return FALSE;
  return TRUE;
}

/* A metadata list of [name, [dims]]; %NULL where there is none */
static JsonNode *
read_list (Golden *golden, const gchar *key)
{
  const gchar *text = golden_metadata (golden, key);
  g_autoptr (JsonNode) node = NULL;

  if (text != NULL)
    node = nf_json_parse (text, key, NULL);
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  return g_steal_pointer (&node);
}

/* Name and shape of element @index of a list, as one text; NULL if it is not
 * [name, [dims]] */
static gchar *
list_element (JsonArray *list, guint index, const gchar **name)
{
  JsonNode *node = json_array_get_element (list, index);
  JsonArray *pair =
      JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  *name = NULL;
  if (pair == NULL || json_array_get_length (pair) != 2
      || !JSON_NODE_HOLDS_VALUE (json_array_get_element (pair, 0))
      || !JSON_NODE_HOLDS_ARRAY (json_array_get_element (pair, 1)))
    return NULL;
  *name = json_array_get_string_element (pair, 0);
  return json_to_string (node, FALSE);
}

/**
 * golden_listed_shape:
 *
 * Finds the shape of a parameter in the metadata's lists.
 *
 * Returns: %FALSE if they do not have it
 */
gboolean
golden_listed_shape (
    Golden *golden, const gchar *name, gint64 dims[4], guint *rank)
{
  static const gchar *const keys[] = { "state", "params" };

  for (guint k = 0; k < G_N_ELEMENTS (keys); k++) {
    g_autoptr (JsonNode) node = read_list (golden, keys[k]);
    JsonArray *list = node != NULL ? json_node_get_array (node) : NULL;

    for (guint i = 0; list != NULL && i < json_array_get_length (list); i++) {
      const gchar *listed;
      g_autofree gchar *text = list_element (list, i, &listed);
      JsonArray *shape;

      if (g_strcmp0 (listed, name) != 0)
        continue;
      shape = json_array_get_array_element (
          json_array_get_array_element (list, i), 1);
      *rank = json_array_get_length (shape);
      if (*rank > 4)
        return FALSE;
      for (guint d = 0; d < *rank; d++)
        dims[d] = json_array_get_int_element (shape, d);
      return TRUE;
    }
  }
  return FALSE;
}

static gchar *
describe_param (const NfParam *param)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "[\"%s\",[", param->name);
  for (guint i = 0; i < param->rank; i++)
    g_string_append_printf (
        text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", param->dims[i]);
  g_string_append (text, "]]");
  return g_string_free (text, FALSE);
}

/* Do we have the list's parameters, and only they, in its order? */
static void
check_list (
    Golden *golden, NfParams *params, const gchar *key, gboolean trainable_only)
{
  g_autoptr (JsonNode) node = read_list (golden, key);
  g_autofree gchar *item = g_strdup_printf ("%s: names and shapes", key);
  g_autofree gchar *note = NULL;
  JsonArray *list;
  guint at = 0, wrong = 0;

  if (node == NULL)
    return;
  list = json_node_get_array (node);
  for (guint i = 0; i < nf_params_count (params); i++) {
    const NfParam *param = nf_params_index (params, i);
    g_autofree gchar *ours = NULL;
    g_autofree gchar *theirs = NULL;
    const gchar *name;

    if (trainable_only && !param->trainable)
      continue;
    ours = describe_param (param);
    if (at < json_array_get_length (list))
      theirs = list_element (list, at, &name);
    at++;
    if (g_strcmp0 (ours, theirs) == 0)
      continue;
    if (wrong++ == 0)
      note = g_strdup_printf (
          "file %s, network %s", theirs != NULL ? theirs : "has no more", ours);
  }
  if (at < json_array_get_length (list))
    wrong += json_array_get_length (list) - at;
  golden_report (golden, item, "wrong", wrong, 0, note);
}

/* Sums over one tensor, accumulated in double: NaN where there is none */
typedef struct
{
  gdouble sum, norm, projection;
} Sums;

static Sums
sum_up (const NfTensor *tensor, const gchar *name)
{
  gsize n;
  g_autofree gfloat *data = golden_tensor_floats (tensor, &n);
  g_autofree gchar *direction = g_strconcat ("proj:", name, NULL);
  guint64 hash = nf_hash_string (direction);
  Sums s = { NAN, NAN, NAN };
  gdouble squares = 0;

  if (data == NULL)
    return s;
  s.sum = s.projection = 0;
  for (gsize i = 0; i < n; i++) {
    s.sum += (gdouble) data[i];
    squares += (gdouble) data[i] * (gdouble) data[i];
    s.projection += (gdouble) data[i] * u_of_hash (hash, i);
  }
  s.norm = sqrt (squares);
  return s;
}

/* The worst of the errors of one kind over all parameters */
typedef struct
{
  gdouble error;
  gchar *where;
} Worst;

static void
worst_update (Worst *worst, gdouble error, const gchar *name)
{
  if (isnan (worst->error) || error <= worst->error)
    return;
  worst->error = error;
  g_free (worst->where);
  worst->where = g_strdup (name);
}

static void
worst_report (Golden *golden, const gchar *item, Worst *worst,
    const gchar *metric, gdouble limit)
{
  golden_report (golden, item, metric, worst->error, limit,
      worst->error <= limit ? NULL : worst->where);
  g_free (worst->where);
}

/* The metadata list that an array of @n numbers follows */
static JsonNode *
list_of_length (Golden *golden, gsize n)
{
  static const gchar *const keys[] = { "state", "params" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (JsonNode) node = read_list (golden, keys[i]);

    if (node != NULL && json_array_get_length (json_node_get_array (node)) == n)
      return g_steal_pointer (&node);
  }
  return NULL;
}

/* Two arrays that follow one metadata list, and that list. NULL, and a reason
 * for those that exist, if any of the three is missing. */
static JsonNode *
read_pair (Golden *golden, const gchar *name_a, gfloat **a, const gchar *name_b,
    gfloat **b, gsize *n)
{
  const NfSafetensorsEntry *x = nf_safetensors_lookup (golden->file, name_a);
  const NfSafetensorsEntry *y = nf_safetensors_lookup (golden->file, name_b);
  g_autoptr (JsonNode) node = NULL;

  if (x != NULL && y != NULL && x->elements == y->elements)
    node = list_of_length (golden, x->elements);
  if (node == NULL) {
    golden_skip (golden, name_a, "no metadata list of its length");
    golden_skip (golden, name_b, "no metadata list of its length");
    return NULL;
  }
  *a = golden_floats (golden, name_a, n);
  *b = golden_floats (golden, name_b, n);
  return g_steal_pointer (&node);
}

static void
check_weight_sums (Golden *golden, NfParams *params)
{
  g_autofree gfloat *sum = NULL, *norm = NULL;
  g_autoptr (JsonNode) node = NULL;
  gsize n;
  Worst worst_sum = { 0, NULL }, worst_norm = { 0, NULL };
  JsonArray *list;

  node =
      read_pair (golden, "weightstat/sum", &sum, "weightstat/norm", &norm, &n);
  if (node == NULL)
    return;
  list = json_node_get_array (node);
  for (guint i = 0; i < n; i++) {
    const gchar *name;
    g_autofree gchar *text = list_element (list, i, &name);
    NfParam *param = name != NULL ? nf_params_lookup (params, name) : NULL;
    Sums s = sum_up (param != NULL ? param->value : NULL, name);
    gdouble scale =
        MAX (MAX ((gdouble) norm[i], fabs ((gdouble) sum[i])), G_MINDOUBLE);

    worst_update (&worst_sum, fabs (s.sum - (gdouble) sum[i]) / scale, text);
    worst_update (&worst_norm, fabs (s.norm - (gdouble) norm[i]) / scale, text);
  }
  worst_report (golden, "weightstat/sum", &worst_sum, "of size", 1e-6);
  worst_report (golden, "weightstat/norm", &worst_norm, "of size", 1e-6);
}

/**
 * golden_check_weights:
 *
 * Compares the network's list of parameters with the file's, and their sums
 * and norms with "weightstat".
 */
void
golden_check_weights (Golden *golden, NfParams *params)
{
  check_list (golden, params, "state", FALSE);
  check_list (golden, params, "params", TRUE);
  check_weight_sums (golden, params);
}

/* A key's bias adds one number to all scores of a query, which softmax does not
 * see: its gradient is zero but for rounding */
static gboolean
is_zero_in_theory (const gchar *name)
{
  return g_str_has_suffix (name, ".NIN_1.b");
}

#define ZERO_LIMIT 1e-4

static void
check_gradient_sums (Golden *golden, NfParams *params, gdouble limit)
{
  g_autofree gfloat *norm = NULL, *proj = NULL;
  g_autoptr (JsonNode) node = NULL;
  gsize n;
  Worst worst_norm = { 0, NULL }, worst_proj = { 0, NULL };
  JsonArray *list;

  node = read_pair (golden, "gradstat/norm", &norm, "gradstat/proj", &proj, &n);
  if (node == NULL)
    return;
  list = json_node_get_array (node);
  for (guint i = 0; i < n; i++) {
    const gchar *name;
    g_autofree gchar *text = list_element (list, i, &name);
    NfParam *param = name != NULL ? nf_params_lookup (params, name) : NULL;
    Sums s = sum_up (param != NULL ? param->value->grad : NULL, name);
    gdouble scale = MAX ((gdouble) norm[i], G_MINDOUBLE);

    if (name != NULL && is_zero_in_theory (name))
      scale = ZERO_LIMIT / limit;
    worst_update (&worst_norm, fabs (s.norm - (gdouble) norm[i]) / scale, text);
    worst_update (
        &worst_proj, fabs (s.projection - (gdouble) proj[i]) / scale, text);
  }
  worst_report (golden, "gradstat/norm", &worst_norm, "of norm", limit);
  worst_report (golden, "gradstat/proj", &worst_proj, "of norm", limit);
}

static void
check_gradient (Golden *golden, const NfSafetensorsEntry *entry, NfParam *param,
    gdouble limit)
{
  const GoldenTolerance zero[] = { { GOLDEN_ABS, ZERO_LIMIT }, { GOLDEN_END } };
  const GoldenTolerance usual[] = { { GOLDEN_L2, limit }, { GOLDEN_END } };
  gsize n;
  g_autofree gfloat *got = golden_tensor_floats (param->value->grad, &n);
  g_autoptr (GError) error = NULL;

  if (got == NULL) {
    g_set_error (&error, NF_ERROR, NF_ERROR_FAILED,
        "the loss gave this parameter no gradient");
    golden_fail (golden, entry->name, error);
    return;
  }
  golden_compare (golden, entry->name, got, MIN (n, entry->elements),
      is_zero_in_theory (param->name) ? zero : usual);
}

/**
 * golden_check_gradients:
 * @limit: of the relative L2 error of a gradient
 *
 * Compares the gradients in the parameters with "grad/NAME" and "gradstat".
 */
void
golden_check_gradients (Golden *golden, NfParams *params, gdouble limit)
{
  for (guint i = 0; i < nf_safetensors_count (golden->file); i++) {
    const NfSafetensorsEntry *entry = nf_safetensors_index (golden->file, i);
    NfParam *param;

    if (!g_str_has_prefix (entry->name, "grad/"))
      continue;
    param = nf_params_lookup (params, entry->name + strlen ("grad/"));
    if (param != NULL)
      check_gradient (golden, entry, param, limit);
  }
  check_gradient_sums (golden, params, limit);
}
