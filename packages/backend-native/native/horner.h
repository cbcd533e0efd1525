// Polynomials of numbers and of vectors.
#pragma once

namespace TRACT_ISA {

/** The polynomial of these coefficients, the highest first, at z. */
template <class T>
static inline T horner(T, T sum) {
  return sum;
}
template <class T, class Next, class... Rest>
static inline T horner(T z, T sum, Next next, Rest... rest) {
  return horner(z, sum * z + next, rest...);
}

}  // namespace TRACT_ISA
