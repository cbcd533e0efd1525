import type fs from 'node:fs';

/** The calls of `node:fs` by which something comes to the disk or leaves it; tests put faults in their place. */
export type Disk = Pick<typeof fs, 'openSync' | 'writeSync' | 'fsyncSync' | 'closeSync' | 'mkdirSync' | 'renameSync' | 'rmSync'>;
