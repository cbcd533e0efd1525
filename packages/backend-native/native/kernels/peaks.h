// What the machine can do at most, to hold the kernels' speeds against: multiply-adds that never leave the registers, and a large copy.
#pragma once
#include "blocks.h"
#include "gemm.h"
#include "kernel-args.h"

namespace TRACT_ISA {

constexpr int kChains = 2 * MR;  // independent sums: as many as the micro-kernel keeps in registers, enough to hide the latency of a multiply-add
constexpr int64_t kCopyPiece = 1 << 20;  // floats of one work item: 4 MiB, so that a thread's copy is a large one too

/**
 * Each item runs `rounds` times one multiply-add on each of kChains vectors; a multiply-add counts as two operations, also where it takes two instructions. The
 * sums are checksums, so that nothing is optimised away.
 */
static void peakMultiplyAdd(const PeakMultiplyAddArgs& args) {
  const int64_t rounds = args.rounds;
  float* sums = args.sums;
  args.width[0] = 2.0f * kChains * W;
  tract::parallelFor(args.sums.length, [&](int64_t item) {
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

static void peakCopy(const UnaryArgs& args) {
  const int64_t length = args.y.length;
  tract::parallelFor((length + kCopyPiece - 1) / kCopyPiece, [&](int64_t item) {
    const int64_t begin = item * kCopyPiece;
    std::memcpy(args.y + begin, args.x + begin, sizeof(float) * std::min(kCopyPiece, length - begin));
  });
}

}  // namespace TRACT_ISA
