// Standard normal noise and dropout, keyed by sample: Philox4x32-10 and Box-Muller with exactly the operations of the tensor package's philox.ts and normal.ts, so that the
// bits are equal. Compiled once for all instruction sets, without contraction into fused multiply-adds.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "horner.h"
#include "kernel-args.h"
#include "threads.h"

namespace TRACT_ISA {
namespace {

struct Words {
  uint32_t w[4];
};

Words philox(Words c, uint32_t k0, uint32_t k1) {
  for (int round = 0; round < 10; round++) {
    const uint64_t a = uint64_t{0xd2511f53u} * c.w[0], b = uint64_t{0xcd9e8d57u} * c.w[2];
    c = {{static_cast<uint32_t>(b >> 32) ^ c.w[1] ^ k0, static_cast<uint32_t>(b), static_cast<uint32_t>(a >> 32) ^ c.w[3] ^ k1,
          static_cast<uint32_t>(a)}};
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  return c;
}

/** ln u for a normal u > 0: u = 2^k m, m in [sqrt(1/2), sqrt(2)), ln m = 2 atanh((m - 1) / (m + 1)). */
double lnDouble(double u) {
  uint64_t bits;
  std::memcpy(&bits, &u, sizeof bits);
  int k = static_cast<int>(bits >> 52) - 1022;
  bits = (bits & 0x000fffffffffffffull) | 0x3fe0000000000000ull;
  double m;
  std::memcpy(&m, &bits, sizeof m);
  if (m < 0.7071067811865476) {
    m = m * 2;
    k = k - 1;
  }
  const double f = m - 1;
  const double s = f / (m + 1);
  const double z = s * s;
  const double p = horner(z, 1.0 / 23, 1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3);
  const double tail = s * (2 * (z * p) - f);
  return k * 0.6931471803691238 + (f + (tail + k * 1.9082149292705877e-10));
}

double sinReduced(double x) {
  const double z = x * x;
  const double p = horner(z, 1.0 / 355687428096000.0, -1.0 / 1307674368000.0, 1.0 / 6227020800.0, -1.0 / 39916800.0, 1.0 / 362880.0, -1.0 / 5040.0,
                          1.0 / 120.0, -1.0 / 6.0);
  return x + x * (z * p);
}

double cosReduced(double x) {
  const double z = x * x;
  const double p = horner(z, -1.0 / 6402373705728000.0, 1.0 / 20922789888000.0, -1.0 / 87178291200.0, 1.0 / 479001600.0, -1.0 / 3628800.0,
                          1.0 / 40320.0, -1.0 / 720.0, 1.0 / 24.0, -1.0 / 2.0);
  return 1 + z * p;
}

/** Box-Muller: z0 = r cos(2 pi u2), z1 = r sin(2 pi u2), r = sqrt(-2 ln u1), u = (word + 1/2) 2^-32. */
void normalPair(uint32_t word1, uint32_t word2, float* out) {
  const double u1 = (word1 + 0.5) * 2.3283064365386963e-10;
  const double u2 = (word2 + 0.5) * 2.3283064365386963e-10;
  const double r = std::sqrt(-2 * lnDouble(u1));
  const double quarters = u2 * 4;
  const int quadrant = static_cast<int>(quarters + 0.5);
  const double x = (quarters - quadrant) * 1.5707963267948966;
  const double c = cosReduced(x), s = sinReduced(x);
  const int turned = quadrant & 3;
  const double cosine = turned == 0 ? c : turned == 1 ? -s : turned == 2 ? -c : s;
  const double sine = turned == 0 ? s : turned == 1 ? c : turned == 2 ? -s : -c;
  out[0] = static_cast<float>(r * cosine);
  out[1] = static_cast<float>(r * sine);
}

constexpr int64_t kItemBlocks = 1024;  // blocks of four numbers in one work item

/** Calls visit(first element, elements, their four words) for each block of every sample. */
template <class Args, class Visit>
void forBlocks(const Args& args, Visit visit) {
  const int64_t perSample = args.perSample, samples = args.samples.length;
  const int64_t blocks = (perSample + 3) / 4, items = (blocks + kItemBlocks - 1) / kItemBlocks;
  const auto word = [](auto number) { return static_cast<uint32_t>(number); };
  tract::parallelFor(samples * items, [&](int64_t item) {
    const int64_t sample = item / items, first = item % items * kItemBlocks;
    for (int64_t block = first; block < std::min(blocks, first + kItemBlocks); block++) {
      const Words words = philox({{static_cast<uint32_t>(block), word(args.samples[sample]), word(args.key.step), word(args.key.seedHigh)}},
                                 word(args.key.seedLow), word(args.key.stream));
      visit(sample * perSample + 4 * block, std::min<int64_t>(4, perSample - 4 * block), words);
    }
  });
}

void noise(const NoiseArgs& args) {
  float* y = args.y;
  forBlocks(args, [&](int64_t at, int64_t count, const Words& words) {
    float four[4];
    normalPair(words.w[0], words.w[1], four);
    normalPair(words.w[2], words.w[3], four + 2);
    std::memcpy(y + at, four, sizeof(float) * count);
  });
}

/** y = 0 where (word + 1/2) 2^-32 < rate. */
void dropout(const DropoutArgs& args) {
  const float* x = args.x;
  float* y = args.y;
  const double rate = args.rate;
  const float kept = static_cast<float>(1 / (1 - rate));
  forBlocks(args, [&](int64_t at, int64_t count, const Words& words) {
    for (int64_t i = 0; i < count; i++) y[at + i] = x[at + i] * ((words.w[i] + 0.5) * 2.3283064365386963e-10 < rate ? 0.0f : kept);
  });
}

}  // namespace

const Kernel* kernels() {
  static const Kernel table[] = {TRACT_PORTABLE_KERNELS(TRACT_KERNEL){nullptr, nullptr}};
  return table;
}

}  // namespace TRACT_ISA
