// What the pool of workers needs beyond threads.h.
#pragma once

namespace tract {

/** After a trap of the calling thread: wait until the others have left the loop, whose body lies on the stack that is given up. */
void leaveLoop();

}  // namespace tract
