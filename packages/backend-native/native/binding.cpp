// The addon: picks the instruction set once, then runs kernels by index on typed arrays.
#include <node_api.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "allocation.h"
#include "cpu-features.h"
#include "arguments.h"
#include "call.h"
#include "kernel-name.h"
#include "kernel-args.h"
#include "refuse.h"
#include "replay.h"
#include "threads.h"

#define TRACT_DECLARE(isa) \
  namespace isa {          \
  const Kernel* kernels(); \
  }
#if defined(__x86_64__)
TRACT_DECLARE(sse4)
TRACT_DECLARE(avx2)
TRACT_DECLARE(avx512)
#elif defined(__aarch64__)
TRACT_DECLARE(neon)
#else
TRACT_DECLARE(generic)
#endif
TRACT_DECLARE(portable)  // noise.cpp

uint64_t callNumber = 0;

void refuse(const char* message) { throw std::invalid_argument(message); }
void refuseOperand(int index) { throw std::out_of_range("operand " + std::to_string(index) + " is too small"); }

namespace {

struct InstructionSet {
  const char* name;
  bool (*available)();
  KernelTable kernels;
};

const InstructionSet kSets[] = {
// best first
#if defined(__x86_64__)
    {"avx512", [] { return cpuFeatures().avx512; }, avx512::kernels},
    {"avx2", [] { return cpuFeatures().avx2; }, avx2::kernels},
    {"sse4", [] { return cpuFeatures().sse42; }, sse4::kernels},
#elif defined(__aarch64__)
    {"neon", [] { return true; }, neon::kernels},
#else
    {"generic", [] { return true; }, generic::kernels},
#endif
};

const InstructionSet* chosen = nullptr;
std::vector<Kernel> table;

bool choose(const char* wanted) {
  for (const InstructionSet& set : kSets) {
    if (!set.available() || (wanted && std::strcmp(wanted, set.name) != 0)) continue;
    chosen = &set;
    table.clear();
    for (const KernelTable kernels : {set.kernels, portable::kernels})
      for (const Kernel* k = kernels(); k->name; k++) table.push_back(*k);
    return true;
  }
  return false;
}

/**
 * run(index, buffers: (Float32Array | Float64Array | undefined)[], numbers: Float64Array, count: how many of them): void. Which kind a buffer is, the types of
 * kernel-args.ts see to. Numbers in an array would cost more than a small kernel: each is a call of the runtime.
 */
napi_value run(napi_env env, napi_callback_info info) {
  size_t argc = 4, room = 0;
  napi_value argv[4];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  uint32_t index = 0, numberCount = 0;
  const double* numbers = nullptr;
  if (argc < 4 || napi_get_value_uint32(env, argv[0], &index) != napi_ok || index >= table.size() ||
      !arrayOf(env, argv[2], const_cast<double**>(&numbers), &room) || napi_get_value_uint32(env, argv[3], &numberCount) != napi_ok ||
      numberCount > room)
    return fail(env, "run: expected a kernel's index, an array of buffers, a Float64Array and how many numbers it holds");
  Buffers buffers;
  if (!addAll(env, argv[1], buffers)) return fail(env, std::string(table[index].name) + ": " + complaint(buffers));
  callNumber++;
  try {
    onBehalfOf(table[index].name, [&] {
      table[index].run(
          Call{buffers.data.data(), buffers.lengths.data(), numbers, static_cast<int>(buffers.data.size()), static_cast<int>(numberCount)});
    });
  } catch (const std::exception& error) {
    return fail(env, error.what());
  }
  return nullptr;
}

/**
 * replay(list: Float64Array, arenas: Float32Array[], spaces: (Float32Array | undefined)[], steps?: Float64Array, chunks?: number): void. Runs a list of kernels
 * (replay.h), with steps for each chunk of a batch, several concurrently where there are as many arenas as threads.
 */
napi_value replay(napi_env env, napi_callback_info info) {
  size_t argc = 5;
  napi_value argv[5];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  KernelList list{table};
  Buffers arenas, spaces;
  const double* steps = nullptr;
  size_t stepCount = 0;
  uint32_t chunks = 1;
  if (argc < 3 || !arrayOf(env, argv[0], const_cast<double**>(&list.begin), &list.length) || !addAll(env, argv[1], arenas) ||
      arenas.data.empty())
    return fail(env, "replay: expected a list of kernels, their arenas and an array of spaces");
  if (!addAll(env, argv[2], spaces)) return fail(env, "replay: " + complaint(spaces));
  napi_valuetype stepsType = napi_undefined;
  if (argc == 5) napi_typeof(env, argv[3], &stepsType);
  if (stepsType != napi_undefined && (!arrayOf(env, argv[3], const_cast<double**>(&steps), &stepCount) || stepCount != spaces.data.size() ||
                                      napi_get_value_uint32(env, argv[4], &chunks) != napi_ok))
    return fail(env, "replay: expected a step for each space and the number of chunks");
  callNumber++;
  try {
    list.run(spaces, steps, chunks, arenas);
  } catch (const std::exception& error) {
    return fail(env, error.what());
  }
  return nullptr;
}

napi_value string(napi_env env, const char* text) {
  napi_value value;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

/** kernelTable(): the table that the kernels were built from, as text */
napi_value kernelTable(napi_env env, napi_callback_info) { return string(env, TRACT_TABLE_TEXT); }

/** instructionSets(): string[] that this processor has, best first */
napi_value instructionSets(napi_env env, napi_callback_info) {
  napi_value names;
  napi_create_array(env, &names);
  uint32_t count = 0;
  for (const InstructionSet& set : kSets)
    if (set.available()) napi_set_element(env, names, count++, string(env, set.name));
  return names;
}

/** useInstructionSet(name?): string chosen; throws where the processor lacks it */
napi_value useInstructionSet(napi_env env, napi_callback_info info) {
  size_t argc = 1, length = 0;
  napi_value argv[1];
  char name[32];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  const bool named = argc == 1 && napi_get_value_string_utf8(env, argv[0], name, sizeof name, &length) == napi_ok;
  if (!choose(named ? name : nullptr))
    return fail(env, std::string("this processor has no instruction set ") + (named ? name : "that was compiled"));
  return string(env, chosen->name);
}

/** threads(count?): number in force */
napi_value threads(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1], result;
  int32_t count;
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  if (argc == 1 && napi_get_value_int32(env, argv[0], &count) == napi_ok) tract::setThreadCount(count);
  napi_create_int32(env, tract::threadCount(), &result);
  return result;
}

napi_value init(napi_env env, napi_value exports) {
  choose(nullptr);
  const napi_property_descriptor properties[] = {
#define TRACT_EXPORT(name) {#name, nullptr, name, nullptr, nullptr, nullptr, napi_default, nullptr}
      TRACT_EXPORT(run),
      TRACT_EXPORT(replay),
      TRACT_EXPORT(kernelTable),
      TRACT_EXPORT(instructionSets),
      TRACT_EXPORT(useInstructionSet),
      TRACT_EXPORT(threads),
      TRACT_EXPORT(allocate),
      TRACT_EXPORT(part),
      TRACT_EXPORT(discard),
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}

}  // namespace

NAPI_MODULE(tract, init)
