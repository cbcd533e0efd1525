// All kernels for one instruction set: compiled once per set with TRACT_ISA, TRACT_LANES and the compiler's flags for it.
#include "kernel-list.h"

namespace TRACT_ISA {

const Kernel* kernels() {
  static const Kernel table[] = {TRACT_VECTOR_KERNELS(TRACT_KERNEL){nullptr, nullptr}};
  return table;
}

}  // namespace TRACT_ISA
