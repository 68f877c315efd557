/* SPDX-License-Identifier: MIT
 *
 * nfdevice — opening devices; one object a device and process
 *
 * A module that was opened stays open: its code may still run in destructors. */
#include <nextframe/core/tensor/nfdevice.h>

#include "config.h"
#include "core/nfinstalled.h"

#include <gmodule.h>

#define CUDA_MODULE "libnfcuda." G_MODULE_SUFFIX

typedef const NfBackend *(*NfBackendModuleGet) (void);

static GMutex lock;
static GHashTable *devices; /* name -> NfDevice, not owned */

static const NfBackend *
module_open (const gchar *path, GError **error)
{
  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
  const NfBackend *own = nf_cpu_backend ();
  gpointer symbol = NULL;
  const NfBackend *backend;

  if (module == NULL || !g_module_symbol (module, NF_BACKEND_SYMBOL, &symbol)) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
        "device cuda: cannot open the backend %s (%s); install NVIDIA's "
        "driver, CUDA runtime and cuDNN 9, or use device cpu",
        path, g_module_error ());
    if (module != NULL)
      g_module_close (module);
    return NULL;
  }
  g_module_make_resident (module);
  backend = ((NfBackendModuleGet) symbol) ();
  if (backend->abi != NF_BACKEND_ABI || backend->n_ops != own->n_ops) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
        "device cuda: %s is of another version (interface %u with %u ops, "
        "expected %u with %u); install the one that came with this library",
        path, backend->abi, backend->n_ops, NF_BACKEND_ABI, own->n_ops);
    return NULL;
  }
  return backend;
}

static const NfBackend *
cuda_backend (GError **error)
{
  static const NfBackend *backend; /* under lock */
  const gchar *folder = g_getenv ("NEXTFRAME_MODULE_PATH");
  g_autofree gchar *path = NULL;

  if (backend != NULL)
    return backend;
  path = folder != NULL ? g_build_filename (folder, CUDA_MODULE, NULL)
                        : nf_installed_path ("nextframe/" CUDA_MODULE,
                            NF_MODULE_DIR "/" CUDA_MODULE);
  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
        "device cuda: this build of gst-nextframe has no CUDA backend, or it "
        "is not installed (no %s); install libnfcuda, which a build with "
        "-Dcuda=enabled makes, or use device auto or cpu",
        path);
    return NULL;
  }
  backend = module_open (path, error);
  return backend;
}

/* "cpu", "cuda", "cuda:N" to a canonical name and an index */
static gboolean
parse_name (const gchar *name, gchar **canonical, guint *index, GError **error)
{
  guint64 n = 0;

  if (g_str_equal (name, "cpu")) {
    *canonical = g_strdup ("cpu");
    *index = 0;
    return TRUE;
  }
  if (g_str_equal (name, "cuda")
      || (g_str_has_prefix (name, "cuda:")
          && g_ascii_string_to_unsigned (name + 5, 10, 0, 1023, &n, NULL))) {
    *canonical = g_strdup_printf ("cuda:%u", (guint) n);
    *index = (guint) n;
    return TRUE;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "device %s: no such name; use auto, cpu, cuda or cuda:N (N from 0)",
      name);
  return FALSE;
}

static NfDevice *
open_locked (const gchar *name, GError **error)
{
  g_autofree gchar *canonical = NULL;
  const NfBackend *backend;
  NfDevice *device;
  guint index;

  if (!parse_name (name, &canonical, &index, error))
    return NULL;
  if (devices == NULL)
    devices = g_hash_table_new (g_str_hash, g_str_equal);
  device = g_hash_table_lookup (devices, canonical);
  if (device != NULL)
    return nf_device_ref (device);
  backend =
      g_str_equal (canonical, "cpu") ? nf_cpu_backend () : cuda_backend (error);
  if (backend == NULL)
    return NULL;
  device = g_new0 (NfDevice, 1);
  g_atomic_ref_count_init (&device->refs);
  device->backend = backend;
  device->name = g_steal_pointer (&canonical);
  if (!backend->open (device, index, error)) {
    g_free (device->name);
    g_free (device);
    return NULL;
  }
  g_hash_table_insert (devices, device->name, device);
  return device;
}

NfDevice *
nf_device_open (const gchar *name, GError **error)
{
  NfDevice *device = NULL;

  g_mutex_lock (&lock);
  if (g_str_equal (name, "auto")) {
    device = open_locked ("cuda", NULL);
    name = "cpu";
  }
  if (device == NULL)
    device = open_locked (name, error);
  g_mutex_unlock (&lock);
  return device;
}

NfDevice *
nf_device_ref (NfDevice *device)
{
  g_atomic_ref_count_inc (&device->refs);
  return device;
}

void
nf_device_unref (NfDevice *device)
{
  g_mutex_lock (&lock);
  if (!g_atomic_ref_count_dec (&device->refs)) {
    g_mutex_unlock (&lock);
    return;
  }
  g_hash_table_remove (devices, device->name);
  if (g_hash_table_size (devices) == 0)
    g_clear_pointer (&devices, g_hash_table_unref);
  g_mutex_unlock (&lock);
  device->backend->close (device);
  g_free (device->name);
  g_free (device);
}

gboolean
nf_device_memory (NfDevice *device, gboolean restart, NfDeviceMemory *memory)
{
  *memory = (NfDeviceMemory){ 0 };
  if (device->backend->memory == NULL)
    return FALSE;
  device->backend->memory (device, restart, memory);
  return TRUE;
}
