// How a kernel refuses a call: by an exception in the addon, by a message and a trap in WebAssembly, which is built without exceptions.
#pragma once

/** Leave the call. `message`, a literal, says what was expected. */
[[noreturn]] void refuse(const char* message);

/** Leave a call whose operand of this index does not fit into its space. */
[[noreturn]] void refuseOperand(int index);
