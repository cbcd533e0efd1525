// All kernels for one instruction set: compiled once per set with TRACT_ISA, TRACT_LANES and the compiler's flags for it.
#include "call.h"
#include "simd.h"
#include "threads.h"

#include "gemm.h"
#include "conv.h"
#include "matmul.h"
#include "attention.h"
#include "elementwise.h"
#include "reduce.h"
#include "softmax.h"
#include "group-norm-grad.h"
#include "group-norm.h"
#include "resample.h"
#include "pool.h"
#include "matrix64.h"
#include "movement.h"
#include "combine.h"
#include "update.h"
#include "peaks.h"

namespace TRACT_ISA {

const Kernel* kernels() {
  static const Kernel table[] = {
      {"conv2d", conv2d},
      {"conv2dRelu", conv2dRelu},
      {"conv2dInputGrad", conv2dInputGrad},
      {"conv2dFilterGrad", conv2dFilterGrad},
      {"forgetFilters", forgetFilters},
      {"matmul", matmul},
      {"attention", attention},
      {"attentionGrad", attentionGrad},
#define TRACT_KERNEL(name) {#name, name},
      TRACT_ELEMENTWISE_KERNELS TRACT_REDUCE_KERNELS TRACT_SOFTMAX_KERNELS TRACT_GROUP_NORM_KERNELS TRACT_GROUP_NORM_GRAD_KERNELS
          TRACT_RESAMPLE_KERNELS TRACT_POOL_KERNELS TRACT_MATRIX64_KERNELS TRACT_MOVEMENT_KERNELS TRACT_COMBINE_KERNELS TRACT_UPDATE_KERNELS
              TRACT_PEAK_KERNELS
#undef TRACT_KERNEL
      {nullptr, nullptr},
  };
  return table;
}

}  // namespace TRACT_ISA
