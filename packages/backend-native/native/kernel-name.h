// The name of the kernel under which an error is reported.
#pragma once
#if __cpp_exceptions
#include <exception>
#include <stdexcept>
#include <string>

/** Run body() for a kernel. @throws std::runtime_error with the kernel's name before what went wrong. */
template <class Body>
void onBehalfOf(const char* kernel, Body&& body) {
  try {
    body();
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string(kernel) + ": " + error.what());
  }
}
#else
/** The kernel that this thread is working for; null for the items of another thread's kernel. */
extern thread_local const char* kernelAtWork;

/** Run body() for a kernel, whose name then stands in the failure. */
template <class Body>
void onBehalfOf(const char* kernel, Body&& body) {
  kernelAtWork = kernel;
  body();
  kernelAtWork = nullptr;
}
#endif
