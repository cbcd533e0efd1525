import { CheckpointError, type CheckpointErrorKind } from '../checkpoint-error.js';

/** Kind of the CheckpointError with which a reading ends. @throws Error where it ends well, or with another error */
export function errorKind(read: () => unknown): CheckpointErrorKind {
  try {
    read();
  } catch (error) {
    if (error instanceof CheckpointError) return error.kind;
    throw error;
  }
  throw new Error('it was read');
}
