// Memory that JavaScript asks the addon for: aligned, in parts, and given back page by page.
#pragma once
#include <node_api.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cstdint>
#include <string>

#include "aligned.h"
#include "arguments.h"

namespace {

/** allocate(bytes): ArrayBuffer aligned to 64 bytes, content undefined */
napi_value allocate(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  napi_value result;
  double bytes = 0;
  if (args.count < 1 || napi_get_value_double(env, args[0], &bytes) != napi_ok || bytes < 0) return fail(env, "allocate: expected a number of bytes");
  const size_t size = std::max<size_t>(64, (static_cast<size_t>(bytes) + 63) / 64 * 64);
#ifdef __GLIBC__
  if (size >= (1 << 24))
    malloc_trim(0);  // the C library keeps what JavaScript's arrays have given back: before a large piece is taken, it is returned to the system
#endif
  void* data = allocateAligned(size);
  if (!data) return fail(env, "allocate: out of memory for " + std::to_string(size) + " bytes");
  auto release = [](napi_env env, void* memory, void*) {
    int64_t left;
    napi_adjust_external_memory(env, 0, &left);
    freeAligned(memory);
  };
  if (napi_create_external_arraybuffer(env, data, size, release, nullptr, &result) != napi_ok) {
    freeAligned(data);
    return fail(env, "allocate: this runtime forbids external buffers");
  }
  return result;
}

struct Range {
  char* start;
  size_t bytes;
};

/** What the arguments (of, offset, bytes) name; start is null, and the error thrown, where that is no range of an ArrayBuffer. */
Range rangeOf(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  size_t size = 0;
  void* data = nullptr;
  double offset = 0, bytes = 0;
  if (args.count < 3 || napi_get_arraybuffer_info(env, args[0], &data, &size) != napi_ok || napi_get_value_double(env, args[1], &offset) != napi_ok ||
      napi_get_value_double(env, args[2], &bytes) != napi_ok || !(offset >= 0) || !(bytes > 0) || offset + bytes > static_cast<double>(size)) {
    fail(env, "expected an ArrayBuffer and a range inside it");
    return {nullptr, 0};
  }
  return {static_cast<char*>(data) + static_cast<size_t>(offset), static_cast<size_t>(bytes)};
}

/** part(of, offset, bytes): ArrayBuffer over some of another's memory, which the caller keeps alive */
napi_value part(napi_env env, napi_callback_info info) {
  const Range range = rangeOf(env, info);
  napi_value result;
  if (!range.start) return nullptr;
  if (napi_create_external_arraybuffer(env, range.start, range.bytes, nullptr, nullptr, &result) != napi_ok)
    return fail(env, "part: this runtime forbids external buffers");
  return result;
}

/** discard(of, offset, bytes): gives the pages that lie wholly in the range back to the system; elsewhere than on Linux they stay */
napi_value discard(napi_env env, napi_callback_info info) {
  const Range range = rangeOf(env, info);
  if (!range.start) return nullptr;
#ifdef __linux__
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE)), start = reinterpret_cast<uintptr_t>(range.start);
  const uintptr_t first = (start + page - 1) / page * page, last = (start + range.bytes) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
#endif
  return nullptr;
}

}  // namespace
