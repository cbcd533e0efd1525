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

/** Instruction sets that were compiled, best first, and whether the processor has them. */
#if defined(__x86_64__)
#define TRACT_SETS(S) S(avx512, cpuFeatures().avx512) S(avx2, cpuFeatures().avx2) S(sse4, cpuFeatures().sse42)
#elif defined(__aarch64__)
#define TRACT_SETS(S) S(neon, true)
#else
#define TRACT_SETS(S) S(generic, true)
#endif
#define TRACT_DECLARE(isa, available) \
  namespace isa {                     \
  const Kernel* kernels();            \
  }
TRACT_SETS(TRACT_DECLARE)
TRACT_DECLARE(portable, true)  // noise.cpp

uint64_t callNumber = 0;

void refuse(const char* message) { throw std::invalid_argument(message); }
void refuseOperand(int index) { throw std::out_of_range("operand " + std::to_string(index) + " is too small"); }

namespace {

struct InstructionSet {
  const char* name;
  bool (*available)();
  KernelTable kernels;
};

#define TRACT_SET(isa, available) {#isa, [] { return available; }, isa::kernels},
const InstructionSet kSets[] = {TRACT_SETS(TRACT_SET)};

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
  const Arguments<4> args(env, info);
  size_t room = 0;
  uint32_t index = 0, numberCount = 0;
  const double* numbers = nullptr;
  if (args.count < 4 || napi_get_value_uint32(env, args[0], &index) != napi_ok || index >= table.size() ||
      !arrayOf(env, args[2], const_cast<double**>(&numbers), &room) || napi_get_value_uint32(env, args[3], &numberCount) != napi_ok ||
      numberCount > room)
    return fail(env, "run: expected a kernel's index, an array of buffers, a Float64Array and how many numbers it holds");
  Buffers buffers;
  if (!addAll(env, args[1], buffers)) return fail(env, std::string(table[index].name) + ": " + complaint(buffers));
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
  const Arguments<5> args(env, info);
  KernelList list{table};
  Buffers arenas, spaces;
  const double* steps = nullptr;
  size_t stepCount = 0;
  uint32_t chunks = 1;
  if (args.count < 3 || !arrayOf(env, args[0], const_cast<double**>(&list.begin), &list.length) || !addAll(env, args[1], arenas) ||
      arenas.data.empty())
    return fail(env, "replay: expected a list of kernels, their arenas and an array of spaces");
  if (!addAll(env, args[2], spaces)) return fail(env, "replay: " + complaint(spaces));
  if (args.count == 5 && !isAbsent(env, args[3]) &&
      (!arrayOf(env, args[3], const_cast<double**>(&steps), &stepCount) || stepCount != spaces.data.size() ||
       napi_get_value_uint32(env, args[4], &chunks) != napi_ok))
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

/** compiler(): its name and version */
#ifdef __clang__
#define TRACT_COMPILER __VERSION__
#else
#define TRACT_COMPILER "g++ " __VERSION__
#endif
napi_value compiler(napi_env env, napi_callback_info) { return string(env, TRACT_COMPILER); }

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
  const Arguments<1> args(env, info);
  size_t length = 0;
  char name[32];
  const bool named = args.count == 1 && napi_get_value_string_utf8(env, args[0], name, sizeof name, &length) == napi_ok;
  if (!choose(named ? name : nullptr)) return fail(env, std::string("this processor has no instruction set ") + (named ? name : "that was compiled"));
  return string(env, chosen->name);
}

/** threads(count?): number in force */
napi_value threads(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  napi_value result;
  int32_t count;
  if (args.count == 1 && napi_get_value_int32(env, args[0], &count) == napi_ok) tract::setThreadCount(count);
  napi_create_int32(env, tract::threadCount(), &result);
  return result;
}

napi_value init(napi_env env, napi_value exports) {
  choose(nullptr);
  const napi_property_descriptor properties[] = {
#define TRACT_EXPORT(name) {#name, nullptr, name, nullptr, nullptr, nullptr, napi_default, nullptr}
      TRACT_EXPORT(run),     TRACT_EXPORT(replay),   TRACT_EXPORT(kernelTable), TRACT_EXPORT(instructionSets), TRACT_EXPORT(useInstructionSet),
      TRACT_EXPORT(threads), TRACT_EXPORT(allocate), TRACT_EXPORT(part),        TRACT_EXPORT(discard),     TRACT_EXPORT(compiler),
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}

}  // namespace

NAPI_MODULE(tract, init)
