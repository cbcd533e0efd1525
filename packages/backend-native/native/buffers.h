// Where the buffers of a call lie.
#pragma once
#include <cstddef>
#include <vector>

/** Addresses, and lengths in elements. */
struct Buffers {
  std::vector<float*> data;
  std::vector<size_t> lengths;

  void add(float* array, size_t length) { data.push_back(array), lengths.push_back(length); }
};
