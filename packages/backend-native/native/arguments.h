// Reads what JavaScript hands to the addon: buffers, and the error for anything else.
#pragma once
#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "buffers.h"

namespace {

napi_value fail(napi_env env, const std::string& message) {
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

/** The memory of a typed array of a kind that kernels know. */
template <class T>
bool arrayOf(napi_env env, napi_value value, T** data, size_t* length) {
  napi_typedarray_type type;
  void* bytes;
  if (napi_get_typedarray_info(env, value, &type, length, &bytes, nullptr, nullptr) != napi_ok) return false;
  if (type != napi_float32_array && type != napi_int32_array && type != napi_float64_array) return false;
  *data = static_cast<T*>(bytes);
  return true;
}

/** Up to N arguments of a call from JavaScript; `count` are there. */
template <size_t N>
struct Arguments {
  napi_value at[N];
  size_t count = N;
  Arguments(napi_env env, napi_callback_info info) { napi_get_cb_info(env, info, &count, at, nullptr, nullptr); }
  napi_value operator[](size_t i) const { return at[i]; }
};

bool isAbsent(napi_env env, napi_value value) {
  napi_valuetype type;
  return napi_typeof(env, value, &type) == napi_ok && (type == napi_undefined || type == napi_null);
}

/** Adds those of an array of typed arrays and undefined. Returns whether all were such; the number of buffers then tells which was not. */
bool addAll(napi_env env, napi_value array, Buffers& buffers) {
  uint32_t count = 0;
  if (napi_get_array_length(env, array, &count) != napi_ok) return false;
  for (uint32_t i = 0; i < count; i++) {
    napi_value item;
    float* memory = nullptr;
    size_t length = 0;
    napi_get_element(env, array, i, &item);
    if (!arrayOf(env, item, &memory, &length) && !isAbsent(env, item)) return false;
    buffers.add(memory, length);
  }
  return true;
}

std::string complaint(const Buffers& buffers) {
  return "buffer " + std::to_string(buffers.data.size()) + " is not a Float32Array, Int32Array or Float64Array";
}

}  // namespace
