/* SPDX-License-Identifier: MIT
 *
 * standin-cudnn — the calls of cuDNN that need a GPU
 *
 * The real libcudnn makes all descriptors, so it refuses what is wrong in them,
 * and plans for a GPU that is described to it in place of a handle: an A100, or
 * one of the compute capability in NF_CUDA_CAPABILITY. The linker's --wrap brings the calls here first; what they show is kept, and
 * running a plan runs the operations that it was made for. Where one for
 * tensor cores was to be made, which takes a driver, f32 is rounded to TF32.
 * Which engines can be used, and how much more workspace than theirs a plan
 * wants, differs from shape to shape (answers.h). With NF_CUDA_NO_HEURISTICS=1
 * none of the engines that the heuristics order can be used, as where a library
 * is missing that they need. */
#include "answers.h"
#include "gpus.h"
#include "standin-cudnn.h"
#include "standin.h"

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>

using namespace runner;

/* what cudnnHandle_t points to; NVIDIA leaves it open */
struct cudnnContext
{
  int device;
  cudaStream_t stream;
};

/* what the linker makes of the calls: NVIDIA's functions, and ours */
extern "C" {
extern decltype (cudnnBackendCreateDescriptor)
    __real_cudnnBackendCreateDescriptor,
    __wrap_cudnnBackendCreateDescriptor;
extern decltype (cudnnBackendDestroyDescriptor)
    __real_cudnnBackendDestroyDescriptor,
    __wrap_cudnnBackendDestroyDescriptor;
extern decltype (cudnnBackendSetAttribute) __real_cudnnBackendSetAttribute,
    __wrap_cudnnBackendSetAttribute;
extern decltype (cudnnBackendGetAttribute) __real_cudnnBackendGetAttribute,
    __wrap_cudnnBackendGetAttribute;
extern decltype (cudnnBackendFinalize) __real_cudnnBackendFinalize,
    __wrap_cudnnBackendFinalize;
extern decltype (cudnnBackendExecute) __wrap_cudnnBackendExecute;
extern decltype (cudnnCreate) __wrap_cudnnCreate;
extern decltype (cudnnDestroy) __wrap_cudnnDestroy;
extern decltype (cudnnSetStream) __wrap_cudnnSetStream;
}

static std::mutex lock;
static std::set<cudnnHandle_t> handles;
static std::map<cudnnBackendDescriptor_t, DnnNodePtr> nodes;
static std::set<cudnnBackendDescriptor_t> running; /* plans */

static DnnNodePtr
node_of (cudnnBackendDescriptor_t descriptor)
{
  const std::lock_guard<std::mutex> guard (lock);
  const auto found = nodes.find (descriptor);

  return found == nodes.end () ? nullptr : found->second;
}

static bool
is_handle (cudnnHandle_t handle)
{
  const std::lock_guard<std::mutex> guard (lock);

  return handles.count (handle) > 0;
}

/* of the compute capability that standin-device.cpp tells */
static const char *
description ()
{
  static const struct
  {
    int capability;
    const char *json;
  } gpus[] = { { 75, GPU_T4 }, { 80, GPU_A100 }, { 89, GPU_RTX_4090 },
    { 90, GPU_H100 }, { 100, GPU_B200 }, { 120, GPU_RTX_5090 } };

  for (const auto &gpu : gpus)
    if (gpu.capability == compute_capability ())
      return gpu.json;
  return GPU_A100;
}

/* the GPU that the real library plans for; made once, never freed */
static cudnnBackendDescriptor_t
described_gpu ()
{
  static const cudnnBackendDescriptor_t gpu = [] {
    const char *json = description ();
    cudnnBackendDescriptor_t made = nullptr;

    if (__real_cudnnBackendCreateDescriptor (
            CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &made)
            != CUDNN_STATUS_SUCCESS
        || __real_cudnnBackendSetAttribute (made,
               CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
               strlen (json), json)
            != CUDNN_STATUS_SUCCESS
        || __real_cudnnBackendFinalize (made) != CUDNN_STATUS_SUCCESS)
      fprintf (stderr, "cuda-on-cpu: this cuDNN does not take the GPU\n");
    return made;
  }();

  return gpu;
}

/* ---------------------------------------------------------------- handles */

cudnnStatus_t
__wrap_cudnnCreate (cudnnHandle_t *handle)
{
  const std::lock_guard<std::mutex> guard (lock);

  *handle = new cudnnContext{ current_device (), nullptr };
  handles.insert (*handle);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t
__wrap_cudnnDestroy (cudnnHandle_t handle)
{
  const std::lock_guard<std::mutex> guard (lock);

  if (handles.erase (handle) == 0)
    return CUDNN_STATUS_BAD_PARAM;
  delete handle;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t
__wrap_cudnnSetStream (cudnnHandle_t handle, cudaStream_t stream)
{
  if (!is_handle (handle) || device_of (stream) != handle->device)
    return CUDNN_STATUS_BAD_PARAM_STREAM_MISMATCH;
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

/* ------------------------------------------------------------ descriptors */

cudnnStatus_t
__wrap_cudnnBackendCreateDescriptor (
    cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t *descriptor)
{
  const cudnnStatus_t status =
      __real_cudnnBackendCreateDescriptor (type, descriptor);

  if (status == CUDNN_STATUS_SUCCESS) {
    const std::lock_guard<std::mutex> guard (lock);

    nodes[*descriptor] = std::make_shared<DnnNode> ();
    nodes[*descriptor]->type = type;
  }
  return status;
}

cudnnStatus_t
__wrap_cudnnBackendDestroyDescriptor (cudnnBackendDescriptor_t descriptor)
{
  {
    const std::lock_guard<std::mutex> guard (lock);

    if (nodes.erase (descriptor) == 0)
      return CUDNN_STATUS_BAD_PARAM;
  }
  return __real_cudnnBackendDestroyDescriptor (descriptor);
}

/* where NVIDIA takes a handle, the described GPU is set instead */
static cudnnStatus_t
set_handle (cudnnBackendDescriptor_t descriptor,
    cudnnBackendAttributeName_t name, const void *data)
{
  const cudnnBackendDescriptor_t gpu = described_gpu ();

  if (!is_handle (*static_cast<const cudnnHandle_t *> (data)))
    return CUDNN_STATUS_BAD_PARAM;
  if (name != CUDNN_ATTR_EXECUTION_PLAN_HANDLE)
    return CUDNN_STATUS_SUCCESS;
  return __real_cudnnBackendSetAttribute (descriptor,
      CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
      &gpu);
}

static size_t
size_of (cudnnBackendAttributeType_t type)
{
  switch (type) {
    case CUDNN_TYPE_BOOLEAN:
      return sizeof (bool);
    case CUDNN_TYPE_INT64:
      return sizeof (int64_t);
    case CUDNN_TYPE_FLOAT:
      return sizeof (float);
    case CUDNN_TYPE_VOID_PTR:
      return sizeof (void *);
    default: /* enumerations */
      return sizeof (int);
  }
}

static void
remember (DnnNode &node, int name, cudnnBackendAttributeType_t type,
    int64_t count, const void *data)
{
  const char *bytes = static_cast<const char *> (data);

  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    std::vector<DnnNodePtr> children;

    for (int64_t i = 0; i < count; i++)
      children.push_back (
          node_of (static_cast<const cudnnBackendDescriptor_t *> (data)[i]));
    node.children[name] = children;
    return;
  }
  node.values[name].assign (bytes, bytes + count * size_of (type));
}

cudnnStatus_t
__wrap_cudnnBackendSetAttribute (cudnnBackendDescriptor_t descriptor,
    cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
    int64_t count, const void *data)
{
  const DnnNodePtr node = node_of (descriptor);
  cudnnStatus_t status;

  if (node == nullptr)
    return CUDNN_STATUS_BAD_PARAM;
  if (type == CUDNN_TYPE_HANDLE)
    return set_handle (descriptor, name, data);
  status =
      __real_cudnnBackendSetAttribute (descriptor, name, type, count, data);
  if (status == CUDNN_STATUS_SUCCESS)
    remember (*node, name, type, count, data);
  return status;
}

/* a configuration keeps the graph that it is for, and what is noted about its
 * engine's arithmetic */
static void
remember_answer (DnnNode &node, int name, int64_t count, const void *data)
{
  const cudnnBackendDescriptor_t *found =
      static_cast<const cudnnBackendDescriptor_t *> (data);
  int notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
  int64_t n = 0;

  if (name == CUDNN_ATTR_ENGINEHEUR_RESULTS)
    for (int64_t i = 0; i < count; i++) {
      const DnnNodePtr config = node_of (found[i]);

      config->children[CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH] = { node.child (
          CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH) };
      config->values[CUDNN_ATTR_ENGINEHEUR_MODE] =
          node.values[CUDNN_ATTR_ENGINEHEUR_MODE];
      remember (*config, DNN_PLACE, CUDNN_TYPE_INT64, 1, &i);
    }
  if (name == CUDNN_ATTR_ENGINECFG_ENGINE
      && __real_cudnnBackendGetAttribute (found[0],
             CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
             CUDNN_NUMERICAL_NOTE_TYPE_COUNT, &n, notes)
          == CUDNN_STATUS_SUCCESS)
    remember (node, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
        n, notes);
}

/* the graph that a plan is for */
static DnnNodePtr
graph_of (const DnnNode &plan)
{
  const DnnNodePtr config =
      plan.child (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);

  return config != nullptr
      ? config->child (CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH)
      : nullptr;
}

/* what is answered about a plan is drawn from the shapes of its tensors */
static uint32_t
answer_about (const std::map<int64_t, DnnTensor> &tensors)
{
  std::vector<int64_t> shape;

  for (const auto &entry : tensors) {
    const DnnTensor &t = entry.second;

    shape.insert (shape.end (), { t.id, t.n, t.c, t.h, t.w, t.bf16 });
  }
  return answer_of (shape.data (), shape.size () * sizeof shape[0]);
}

/* bytes that a plan wants beside those of its engine, unless two engines are
 * proposed before it */
static int64_t
more_workspace (const DnnNode &plan)
{
  const DnnNodePtr graph = graph_of (plan);
  std::map<int64_t, DnnTensor> tensors;

  if (!answers_vary () || graph == nullptr || !dnn_tensors (*graph, tensors)
      || plan.child (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)
              ->one<int64_t> (DNN_PLACE, 0)
          >= 2)
    return 0;
  return (int64_t) answer_workspace (answer_about (tensors), SIZE_MAX);
}

cudnnStatus_t
__wrap_cudnnBackendGetAttribute (cudnnBackendDescriptor_t const descriptor,
    cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
    int64_t room, int64_t *count, void *data)
{
  const cudnnStatus_t status = __real_cudnnBackendGetAttribute (
      descriptor, name, type, room, count, data);

  if (status == CUDNN_STATUS_SUCCESS && data != nullptr)
    remember_answer (
        *node_of (descriptor), name, *count < room ? *count : room, data);
  if (status == CUDNN_STATUS_SUCCESS && data != nullptr
      && name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)
    *static_cast<int64_t *> (data) += more_workspace (*node_of (descriptor));
  return status;
}

/* A plan whose engine is for tensor cores: the graph is one for them, even if
 * there is no driver to compile the engine with. */
static void
note_tensor_cores (const DnnNode &plan)
{
  const DnnNodePtr config =
      plan.child (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  if (config == nullptr)
    return;
  for (int note : config->get<int> (CUDNN_ATTR_ENGINE_NUMERICAL_NOTE))
    if (note == CUDNN_NUMERICAL_NOTE_TENSOR_CORE)
      remember (*config->child (CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH),
          DNN_TENSOR_CORES, CUDNN_TYPE_NUMERICAL_NOTE, 1, &note);
}

/* whether an engine is one that cannot be used, see NF_CUDA_NO_HEURISTICS */
static bool
is_left_out (const DnnNode &plan)
{
  const DnnNodePtr config =
      plan.child (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);

  return getenv ("NF_CUDA_NO_HEURISTICS") != nullptr && config != nullptr
      && config->one<int> (CUDNN_ATTR_ENGINEHEUR_MODE, -1) == CUDNN_HEUR_MODE_A;
}

/* For some shapes the engine that is proposed first cannot be used, for others
 * none that the heuristics propose, for some with more operations than a
 * convolution, and for some in bf16, none at all. */
static bool
is_refused (const DnnNode &plan)
{
  const DnnNodePtr graph = graph_of (plan);
  std::map<int64_t, DnnTensor> tensors;

  if (!answers_vary () || graph == nullptr || !dnn_tensors (*graph, tensors))
    return false;
  const DnnNodePtr config =
      plan.child (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  const bool proposed =
      config->one<int> (CUDNN_ATTR_ENGINEHEUR_MODE, -1) == CUDNN_HEUR_MODE_A;
  const uint32_t answer = answer_about (tensors);

  switch (answer_pick (answer, 1, 8)) {
    case 0:
    case 1:
      return proposed && config->one<int64_t> (DNN_PLACE, 0) % 2 == 0;
    case 2:
      return proposed;
    case 3:
      return tensors.size () > 3 || tensors.begin ()->second.bf16;
    default:
      return false;
  }
}

/* with NF_CUDA_PLANS_MEET=2 no plan is made before as many threads are about to
 * make one */
static void
meet_others ()
{
  static std::condition_variable all_there;
  static std::set<std::thread::id> there;
  const char *wanted = getenv ("NF_CUDA_PLANS_MEET");

  if (wanted == nullptr)
    return;
  std::unique_lock<std::mutex> guard (lock);

  there.insert (std::this_thread::get_id ());
  all_there.notify_all ();
  all_there.wait (guard, [&] { return (int) there.size () >= atoi (wanted); });
}

cudnnStatus_t
__wrap_cudnnBackendFinalize (cudnnBackendDescriptor_t descriptor)
{
  const DnnNodePtr node = node_of (descriptor);
  const cudnnBackendDescriptor_t gpu = described_gpu ();

  if (node != nullptr
      && node->type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
    meet_others ();
    if (is_left_out (*node) || is_refused (*node))
      return CUDNN_STATUS_NOT_SUPPORTED;
    note_tensor_cores (*node);
  }
  if (node != nullptr && node->type == CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR
      && __real_cudnnBackendSetAttribute (descriptor,
             CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
             &gpu)
          != CUDNN_STATUS_SUCCESS)
    return CUDNN_STATUS_BAD_PARAM;
  return __real_cudnnBackendFinalize (descriptor);
}

/* ---------------------------------------------------------------- running */

/* the data of a graph's tensors; false where one is missing or wrong */
static bool
find_memory (const DnnNode &graph, const DnnNode &pack, int device,
    std::map<int64_t, void *> &memory)
{
  const auto ids = pack.get<int64_t> (CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto data = pack.get<void *> (CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  std::map<int64_t, DnnTensor> tensors;

  if (!dnn_tensors (graph, tensors))
    return false;
  for (size_t i = 0; i < ids.size () && i < data.size (); i++)
    memory[ids[i]] = data[i];
  for (const auto &entry : tensors) {
    const DnnTensor &tensor = entry.second;

    if (tensor.is_virtual)
      continue;
    if (memory.count (tensor.id) == 0
        || (uintptr_t) memory[tensor.id] % tensor.align != 0) {
      fail_because (cudaErrorInvalidValue,
          "cuDNN: tensor %d has no memory, or not aligned to %d",
          (int) tensor.id, (int) tensor.align);
      return false;
    }
    if (!on_device (memory[tensor.id], tensor.bytes (), device, "cuDNN"))
      return false;
  }
  return true;
}

/* the plan's workspace; false where it is not what the plan asks for */
static bool
find_workspace (cudnnBackendDescriptor_t plan, const DnnNode &pack, int device,
    void **workspace, size_t *bytes)
{
  int64_t size = 0, count;

  *workspace = pack.one<void *> (CUDNN_ATTR_VARIANT_PACK_WORKSPACE, nullptr);
  if (__real_cudnnBackendGetAttribute (plan,
          CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &count,
          &size)
      != CUDNN_STATUS_SUCCESS)
    return false;
  *bytes = (size_t) (size + more_workspace (*node_of (plan)));
  return *bytes == 0
      || on_device (*workspace, *bytes, device, "cuDNN's workspace");
}

/* Plans are not for two threads at a time: some of NVIDIA's engines keep what
 * they work with in them. */
class PlanInUse {
public:
  explicit PlanInUse (cudnnBackendDescriptor_t plan) : plan_ (plan)
  {
    const std::lock_guard<std::mutex> guard (lock);

    alone = running.insert (plan).second;
  }

  ~PlanInUse ()
  {
    const std::lock_guard<std::mutex> guard (lock);

    if (alone)
      running.erase (plan_);
  }

  PlanInUse (const PlanInUse &) = delete;
  PlanInUse &operator= (const PlanInUse &) = delete;

  bool alone;

private:
  cudnnBackendDescriptor_t plan_;
};

cudnnStatus_t
__wrap_cudnnBackendExecute (cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
    cudnnBackendDescriptor_t pack)
{
  const DnnNodePtr plan_node = node_of (plan), pack_node = node_of (pack);
  const PlanInUse use (plan);
  std::map<int64_t, void *> memory;
  DnnNodePtr config, graph;
  void *workspace;
  size_t bytes;

  if (!use.alone) {
    fail_because (
        cudaErrorNotPermitted, "cuDNN: two threads run one plan at a time");
    return CUDNN_STATUS_EXECUTION_FAILED;
  }
  if (!is_handle (handle) || plan_node == nullptr || pack_node == nullptr)
    return CUDNN_STATUS_BAD_PARAM;
  config = plan_node->child (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  graph = config != nullptr
      ? config->child (CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH)
      : nullptr;
  if (graph == nullptr
      || !find_memory (*graph, *pack_node, handle->device, memory)
      || !find_workspace (plan, *pack_node, handle->device, &workspace, &bytes))
    return CUDNN_STATUS_BAD_PARAM;
  if (submit_library (handle->stream, WorkKind::convolution,
          (const void *) &dnn_run,
          [=] {
            if (bytes > 0)
              memset (workspace, 0xff, bytes);
            dnn_run (*graph, memory);
          })
      != cudaSuccess)
    return CUDNN_STATUS_EXECUTION_FAILED;
  return CUDNN_STATUS_SUCCESS;
}
