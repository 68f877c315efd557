/* SPDX-License-Identifier: MIT
 *
 * naivecheck — comparing tensors with naive results, on every device there is */
#pragma once

#include "naive.h"

G_BEGIN_DECLS

extern gdouble naive_error;

GPtrArray *naive_devices (void);

NfTensor *naive_to_tensor (NfDevice *device, const Naive *a, NfDType dtype);
Naive *naive_from_tensor (const NfTensor *tensor);

gchar *naive_miss (const gchar *what, const gdouble *got, const gdouble *want,
    gsize n, gdouble tolerance);
gchar *naive_miss_tensor (const gchar *what, const NfTensor *got,
    const Naive *want, gdouble tolerance);

G_END_DECLS
