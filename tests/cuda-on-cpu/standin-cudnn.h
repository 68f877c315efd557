/* SPDX-License-Identifier: MIT
 *
 * standin-cudnn — operation graphs of cuDNN, as they were described, to be run
 */
#pragma once

#include <cudnn.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

namespace runner {

/**
 * DnnNode:
 * @values: attribute -> bytes
 * @children: attribute -> descriptors
 *
 * What was set in cuDNN of a descriptor, kept for as long as another one
 * refers to it.
 */
struct DnnNode
{
  cudnnBackendDescriptorType_t type;
  std::map<int, std::vector<char>> values;
  std::map<int, std::vector<std::shared_ptr<DnnNode>>> children;

  /* elements of type T that an attribute was given */
  template <class T>
  std::vector<T>
  get (int attribute) const
  {
    const auto found = values.find (attribute);

    if (found == values.end ())
      return {};
    const T *data = reinterpret_cast<const T *> (found->second.data ());
    return std::vector<T> (data, data + found->second.size () / sizeof (T));
  }

  template <class T>
  T
  one (int attribute, T otherwise) const
  {
    const auto found = values.find (attribute);

    if (found != values.end () && found->second.size () >= sizeof (T))
      std::memcpy (&otherwise, found->second.data (), sizeof (T));
    return otherwise;
  }

  std::shared_ptr<DnnNode>
  child (int attribute) const
  {
    const auto found = children.find (attribute);

    return found == children.end () || found->second.empty ()
        ? nullptr
        : found->second[0];
  }
};

typedef std::shared_ptr<DnnNode> DnnNodePtr;

/* a graph's value of our own: it is for tensor cores */
constexpr int DNN_TENSOR_CORES = -1;
/* a configuration's: its place among the proposals that it came with */
constexpr int DNN_PLACE = -2;

/**
 * DnnTensor: a tensor descriptor; (n, c, h, w), channels-last
 */
struct DnnTensor
{
  int64_t id;
  int64_t n, c, h, w;
  int64_t align;
  bool bf16, is_virtual;

  size_t
  elements () const
  {
    return (size_t) (n * c * h * w);
  }

  size_t
  bytes () const
  {
    return elements () * (bf16 ? 2 : 4);
  }
};

/* standin-convolution.cpp */

/* false, with the reason on stderr, where only a GPU could run it */
bool dnn_tensors (const DnnNode &graph, std::map<int64_t, DnnTensor> &tensors);

/* runs all operations, those for tensor cores on factors that are rounded to
 * TF32; @memory: id -> address of what is not virtual */
void dnn_run (const DnnNode &graph, const std::map<int64_t, void *> &memory);

} // namespace runner
