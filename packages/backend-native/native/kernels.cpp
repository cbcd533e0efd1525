// All kernels for one instruction set: compiled once per set with TRACT_ISA, TRACT_LANES and the compiler's flags for it.
#include "attention.h"
#include "combine.h"
#include "conv.h"
#include "elementwise.h"
#include "group-norm-grad.h"
#include "group-norm.h"
#include "matmul.h"
#include "matrix64.h"
#include "movement.h"
#include "peaks.h"
#include "pool.h"
#include "reduce.h"
#include "resample.h"
#include "softmax.h"
#include "update.h"

namespace TRACT_ISA {

const Kernel* kernels() {
  static const Kernel table[] = {TRACT_VECTOR_KERNELS(TRACT_KERNEL){nullptr, nullptr}};
  return table;
}

}  // namespace TRACT_ISA
