/* SPDX-License-Identifier: MIT
 *
 * gstnfelements — what the plugin's entry registers
 *
 * One line an element; its source file defines the function. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** GST_NF_AUTHOR: of every element, for gst-inspect-1.0 */
#define GST_NF_AUTHOR "The gst-nextframe authors"

GST_ELEMENT_REGISTER_DECLARE (nfclipsrc);
GST_ELEMENT_REGISTER_DECLARE (nfextrapolate);
GST_ELEMENT_REGISTER_DECLARE (nfiou);
GST_ELEMENT_REGISTER_DECLARE (nfnpydec);
GST_ELEMENT_REGISTER_DECLARE (nfnpyenc);
GST_ELEMENT_REGISTER_DECLARE (nfpredict);
GST_ELEMENT_REGISTER_DECLARE (nfquality);
GST_ELEMENT_REGISTER_DECLARE (nfregionsenc);
GST_ELEMENT_REGISTER_DECLARE (nfscenesrc);
GST_ELEMENT_REGISTER_DECLARE (nfsegment);

GST_TYPE_FIND_REGISTER_DECLARE (nfnpy);

G_END_DECLS
