// How a call ends early: what went wrong is left in memory, and a trap leads back to JavaScript, which makes an error of it and calls `recover`.
#pragma once

enum class Failure { none, arguments, operand, memory, trap };

/** Leave the call. Of several failures, on several threads, the first one counts. */
[[noreturn]] void fail(Failure kind, const char* message, int operand = 0);

/** Whether any thread has failed since the last `recover`. */
bool hasFailed();

/** Count a trap that nobody announced as a failure, too: an address out of bounds. */
void noteTrap();
