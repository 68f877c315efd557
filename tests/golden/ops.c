/* SPDX-License-Identifier: MIT
 *
 * ops — golden checks of single ops: segmentation losses, resampling
 *
 * Losses: in/logits, in/target and, where the file has them, in/weights of the
 * classes give out/NAME and grad/NAME for ce, dice and combined = ce_weight * ce
 * + dice_weight * dice; the configuration may name an ignored label, and say
 * that Dice is over the present classes alone. Resampling: in/x gives
 * up/out and down/out, and WHAT/grad_out gives WHAT/grad_in. */
#include "golden.h"

#include <nextframe/core/ops/nfbackward.h>

/**
 * golden_segmentation_losses:
 * @logits: (N, K, H, W)
 * @target: (N, 1, H, W)
 * @losses: (out): cross entropy, Dice, and their weighted sum
 *
 * Computes the losses with the weights of the configuration.
 *
 * Returns: %FALSE with @error set
 */
gboolean
golden_segmentation_losses (Golden *golden, NfTensor *logits, NfTensor *target,
    NfTensor *losses[3], GError **error)
{
  NfAxpbyParams mix = {
    .alpha = (gfloat) golden_number (golden, "ce_weight", 0.5),
    .beta = (gfloat) golden_number (golden, "dice_weight", 0.5),
  };
  const gint ignored = (gint) golden_number (golden, "ignored", -1);
  const NfCrossEntropyParams entropy = {
    .ignores = ignored >= 0,
    .ignored = ignored,
  };
  const NfDiceLossParams dice = {
    .smooth = (gfloat) golden_number (golden, "smooth", 1e-6),
    .present = golden_number (golden, "present", 0) != 0,
    .ignores = ignored >= 0,
    .ignored = ignored,
  };
  g_autoptr (NfTensor) column = NULL;
  g_autoptr (NfTensor) weights = NULL;

  if (golden_has (golden, "in/weights")) {
    column = golden_tensor (golden, "in/weights", error);
    if (column != NULL)
      weights = nf_tensor_reshape (column, 1, logits->c, 1, 1, error);
    if (weights == NULL)
      return FALSE;
  }
  losses[0] = nf_op_cross_entropy (logits, target, weights, &entropy, error);
  if (losses[0] != NULL)
    losses[1] = nf_op_dice_loss (logits, target, &dice, error);
  if (losses[1] != NULL)
    losses[2] = nf_op_axpby (losses[0], losses[1], &mix, error);
  if (losses[2] != NULL)
    return TRUE;
  nf_tensor_clear (&losses[0]);
  nf_tensor_clear (&losses[1]);
  return FALSE;
}

static const gchar *const loss_names[] = { "ce", "dice", "combined" };

/* Value and gradient of loss number @which */
static gboolean
check_loss (Golden *golden, guint which, GError **error)
{
  static const GoldenTolerance value[] = { { GOLDEN_EACH, 1e-6 }, { 0 } };
  static const GoldenTolerance gradient[] = { { GOLDEN_MAX, 5e-6 }, { 0 } };
  g_autofree gchar *out = g_strconcat ("out/", loss_names[which], NULL);
  g_autofree gchar *grad = g_strconcat ("grad/", loss_names[which], NULL);
  g_autoptr (NfTensor) logits = golden_tensor (golden, "in/logits", error);
  g_autoptr (NfTensor) target = NULL;
  g_autoptr (NfTape) tape = nf_tape_new ();
  NfTensor *losses[3] = { NULL, NULL, NULL };
  gboolean good;

  if (logits != NULL)
    target = golden_labels (golden, "in/target", error);
  if (target == NULL)
    return FALSE;
  logits->requires_grad = TRUE;
  nf_tape_begin (tape);
  good = golden_segmentation_losses (golden, logits, target, losses, error);
  nf_tape_end (tape);
  if (good)
    good = nf_tape_backward (tape, losses[which], error);
  if (good && golden_has (golden, out))
    golden_compare_tensor (golden, out, losses[which], value);
  if (good && golden_has (golden, grad))
    golden_compare_tensor (golden, grad, logits->grad, gradient);
  for (guint i = 0; i < G_N_ELEMENTS (losses); i++)
    nf_tensor_clear (&losses[i]);
  return good;
}

static gboolean
check_resampling (
    Golden *golden, const gchar *what, gboolean up, GError **error)
{
  static const GoldenTolerance tolerance[] = { { GOLDEN_ABS, 1e-6 }, { 0 } };
  g_autofree gchar *out = g_strconcat (what, "/out", NULL);
  g_autofree gchar *grad_out = g_strconcat (what, "/grad_out", NULL);
  g_autofree gchar *grad_in = g_strconcat (what, "/grad_in", NULL);
  g_autoptr (NfTensor) x = golden_tensor (golden, "in/x", error);
  g_autoptr (NfTensor) y = NULL;
  g_autoptr (NfTensor) dy = NULL;
  g_autoptr (NfTape) tape = nf_tape_new ();

  if (x == NULL)
    return FALSE;
  x->requires_grad = TRUE;
  nf_tape_begin (tape);
  y = nf_op_fir (x, up, error);
  nf_tape_end (tape);
  if (y == NULL)
    return FALSE;
  golden_compare_tensor (golden, out, y, tolerance);
  if (!golden_has (golden, grad_in))
    return TRUE;
  dy = golden_tensor (golden, grad_out, error);
  if (dy == NULL || !nf_tape_backward_from (tape, y, dy, error))
    return FALSE;
  golden_compare_tensor (golden, grad_in, x->grad, tolerance);
  return TRUE;
}

/**
 * golden_check_ops:
 *
 * Checks the losses and the resampling that a file holds.
 */
void
golden_check_ops (Golden *golden)
{
  static const gchar *const directions[] = { "down", "up" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (loss_names); i++) {
    g_autofree gchar *item = g_strconcat ("out/", loss_names[i], NULL);
    g_autoptr (GError) error = NULL;

    if (golden_has (golden, item) && !check_loss (golden, i, &error))
      golden_fail (golden, item, error);
  }
  for (i = 0; i < G_N_ELEMENTS (directions); i++) {
    g_autofree gchar *item = g_strconcat (directions[i], "/out", NULL);
    g_autoptr (GError) error = NULL;

    if (golden_has (golden, item)
        && !check_resampling (golden, directions[i], i == 1, &error))
      golden_fail (golden, item, error);
  }
}
