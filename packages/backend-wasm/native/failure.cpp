#include "failure.h"

#include <atomic>

#include "export.h"
#include "kernel-name.h"
#include "refuse.h"
#include "threads.h"
#include "workers.h"

thread_local const char* kernelAtWork = nullptr;

namespace {

std::atomic<Failure> failure{Failure::none};
struct {
  const char* kernel;
  const char* message;
  int operand;
} details;

/** Returns whether it is the first. */
bool note(Failure kind) {
  Failure none = Failure::none;
  return failure.compare_exchange_strong(none, kind);
}

}  // namespace

void fail(Failure kind, const char* message, int operand) {
  if (note(kind)) details = {kernelAtWork, message, operand};
  __builtin_trap();
}
void refuse(const char* message) { fail(Failure::arguments, message); }
void refuseOperand(int index) { fail(Failure::operand, nullptr, index); }

bool hasFailed() { return failure.load(std::memory_order_relaxed) != Failure::none; }
void noteTrap() {
  if (note(Failure::trap)) details = {kernelAtWork, nullptr, 0};
}

/** After a trap: waits until no thread is at work, forgets the failure, and returns its kind. The kernel is then null where it was the caller's. */
TRACT_EXPORT(recover) Failure recover() {
  noteTrap();
  tract::leaveLoop();
  if (!details.kernel) details.kernel = kernelAtWork;
  kernelAtWork = nullptr;
  return failure.exchange(Failure::none);
}
TRACT_EXPORT(failedKernel) const char* failedKernel() { return details.kernel; }
TRACT_EXPORT(failureMessage) const char* failureMessage() { return details.message; }
TRACT_EXPORT(failedOperand) int failedOperand() { return details.operand; }
