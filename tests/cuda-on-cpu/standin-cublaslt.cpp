/* SPDX-License-Identifier: MIT
 *
 * standin-cublaslt — cuBLASLt: handles and status texts */
#include "standin.h"

#include <cublasLt.h>

/* what cublasLtHandle_t points to; NVIDIA leaves it open */
struct cublasLtContext
{
};

cublasStatus_t
cublasLtCreate (cublasLtHandle_t *handle)
{
  *handle = new cublasLtContext ();
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtDestroy (cublasLtHandle_t handle)
{
  if (handle == nullptr)
    return CUBLAS_STATUS_NOT_INITIALIZED;
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

const char *
cublasLtGetStatusString (cublasStatus_t status)
{
  return status == CUBLAS_STATUS_SUCCESS ? "success" : "failure";
}
