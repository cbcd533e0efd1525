// What JavaScript calls (src/wasm-kernels.ts): memory, and kernels by index on what lies in it.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "aligned.h"
#include "call.h"
#include "export.h"
#include "kernel-args.h"
#include "kernel-name.h"
#include "replay.h"
#include "threads.h"

namespace wasm {
const Kernel* kernels();
}
namespace portable {
const Kernel* kernels();
}

uint64_t callNumber = 0;

namespace {

std::vector<Kernel> table;

/** Buffers as JavaScript lists them: addresses, null where one is absent, and lengths in elements. */
Buffers buffersOf(float* const* data, const size_t* lengths, int count) { return {{data, data + count}, {lengths, lengths + count}}; }

}  // namespace

/** To be called once, by the first thread, before everything else. */
TRACT_EXPORT(start) void start() {
  for (const KernelTable kernels : {wasm::kernels, portable::kernels})
    for (const Kernel* k = kernels(); k->name; k++) table.push_back(*k);
}

/** The table that the kernels were built from, as text. */
TRACT_EXPORT(kernelTable) const char* kernelTable() { return TRACT_TABLE_TEXT; }

/** Aligned to 64 bytes, content undefined; null where there is no memory. */
TRACT_EXPORT(allocate) void* allocate(size_t bytes) { return allocateAligned(bytes); }
TRACT_EXPORT(release) void release(void* memory) { freeAligned(memory); }

TRACT_EXPORT(run)
void run(int index, float* const* buffers, const size_t* lengths, int bufferCount, const double* numbers, int numberCount) {
  callNumber++;
  onBehalfOf(table[index].name, [&] { table[index].run(Call{buffers, lengths, numbers, bufferCount, numberCount}); });
}

/** A list of kernels (replay.h): `buffers` and `lengths` hold the arenas, then the spaces; `steps` has one for each space, or is null. */
TRACT_EXPORT(replay)
void replay(const double* list, size_t listLength, float* const* buffers, const size_t* lengths, int arenas, int spaces, const double* steps, int chunks) {
  callNumber++;
  KernelList{table, list, listLength}.run(buffersOf(buffers + arenas, lengths + arenas, spaces), steps, chunks, buffersOf(buffers, lengths, arenas));
}
