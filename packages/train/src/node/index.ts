export { removeAtomically, sync, writeFileAtomically, writeFolderAtomically } from './atomic.js';
export type { Disk } from './disk.js';
export { folderFiles, folderStore } from './folder-files.js';
export { type Machine, machine } from './machine.js';
export { makeFolder, requireRoom } from './make-folder.js';
export { lockRun, unlockRun } from './run-lock.js';
export { type ChildEnd, startChild, tellSupervisor } from './start-child.js';
export { type Outcome, type Supervision, supervise } from './supervise.js';
export { WriteError } from './write-error.js';
