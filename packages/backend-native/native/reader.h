// Views of a call's arguments, and the reader that kernel-args.h fills the kernels' structs with. That header is written from src/kernel-table.mjs.
#pragma once
#include "call.h"
#include "refuse.h"

namespace TRACT_ISA {

/** A buffer and its length in elements. Null where an optional one is absent. */
template <class T>
struct View {
  T* data;
  int64_t length;
  operator T*() const { return data; }
};
typedef View<const float> In;
typedef View<float> Out;
typedef View<double> Doubles;
typedef View<const double> Numbers;

/** A filter, and whether its transform may be kept by its address. */
struct Filter : In {
  bool keep;
};

/** Any number of tensors. */
struct Tensors {
  float* const* data;
  const size_t* lengths;
  int count;
  float* operator[](int i) const { return data[i]; }
};

struct Sizes3 {
  int64_t data[3];
  int64_t operator[](int i) const { return data[i]; }
};

/** Reads a call's buffers and numbers, each in their order. Refuses a call of another form than the kernel's. */
class Reader {
 public:
  explicit Reader(const Call& c) : call(c) {}

  template <class T>
  T tensor(bool optional = false) {
    require(buffer < call.bufferCount && (optional || call.buffers[buffer]));
    const T found{call.buffers[buffer], static_cast<int64_t>(call.lengths[buffer])};
    buffer++;
    return found;
  }
  Filter filter() {
    const In x = tensor<In>();
    return {x, flag()};
  }
  Doubles doubles() {
    const Out x = tensor<Out>();
    return {reinterpret_cast<double*>(x.data), x.length};
  }
  /** Those that are left but for the last `left`. */
  Tensors tensors(int left) {
    const Tensors found{call.buffers + buffer, call.lengths + buffer, call.bufferCount - left - buffer};
    require(found.count >= 0);
    for (int i = 0; i < found.count; i++) tensor<In>();
    return found;
  }

  template <class T>
  T number() {
    require(next < call.numberCount);
    return static_cast<T>(call.numbers[next++]);
  }
  int64_t size() { return number<int64_t>(); }
  bool flag() { return number<double>() != 0; }
  Sizes3 sizes3() { return {{size(), size(), size()}}; }
  /** All that are left. */
  Numbers list() {
    const Numbers found{call.numbers + next, call.numberCount - next};
    next = call.numberCount;
    return found;
  }

  template <class Args>
  Args all() {
    const Args args = Args::read(*this);
    require(buffer == call.bufferCount && next == call.numberCount);
    return args;
  }

 private:
  const Call& call;
  int buffer = 0, next = 0;

  static void require(bool holds) {
    if (!holds) refuse("called with other arguments than it takes");
  }
};

/** Entry of a kernel in a table, from its row of kernel-args.h's lists. */
#define TRACT_KERNEL(name, Args) {#name, [](const Call& call) { name(Reader(call).all<Args>()); }},

}  // namespace TRACT_ISA
