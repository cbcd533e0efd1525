// What the machine can do at most, to hold the kernels' speeds against: multiply-adds that never leave the registers, and a large copy.
#pragma once
#include "blocks.h"
#include "gemm.h"

namespace TRACT_ISA {

constexpr int kChains =
    2 * MR;  // independent sums: as many as the micro-kernel keeps in registers, enough to hide the latency of a multiply-add
constexpr int64_t kCopyPiece = 1 << 20;  // floats of one work item: 4 MiB, so that a thread's copy is a large one too

/**
 * buffers: sums [items], a checksum of each work item, so that nothing is optimised away; width [1], the floating point operations of one round of one item.
 * numbers: rounds. Each item runs `rounds` times one multiply-add on each of kChains vectors; a multiply-add counts as two operations, also where it takes two instructions.
 */
static void peakMultiplyAdd(const Call& call) {
  const int64_t rounds = call.n(0);
  float* sums = call.out(0);
  call.out(1)[0] = 2.0f * kChains * W;
  tract::parallelFor(static_cast<int64_t>(call.lengths[0]), [&](int64_t item) {
    // Towards 2 for every start, so that no value becomes tiny (slow) or infinite.
    const vf factor = splat(0.5f), term = splat(1.0f);
    vf chain[kChains];
    for (int i = 0; i < kChains; i++) chain[i] = splat(static_cast<float>(item + i));
    for (int64_t round = 0; round < rounds; round++) {
#pragma GCC unroll 24
      for (int i = 0; i < kChains; i++) chain[i] = chain[i] * factor + term;
    }
    vf sum{};
    for (int i = 0; i < kChains; i++) sum += chain[i];
    sums[item] = sumLanes(sum);
  });
}

/** buffers: x, y of equal length; numbers: none. */
static void peakCopy(const Call& call) {
  const int64_t length = static_cast<int64_t>(call.lengths[1]);
  tract::parallelFor((length + kCopyPiece - 1) / kCopyPiece, [&](int64_t item) {
    const int64_t begin = item * kCopyPiece;
    std::memcpy(call.out(1) + begin, call.in(0) + begin, sizeof(float) * std::min(kCopyPiece, length - begin));
  });
}

#define TRACT_PEAK_KERNELS TRACT_KERNEL(peakMultiplyAdd) TRACT_KERNEL(peakCopy)

}  // namespace TRACT_ISA
