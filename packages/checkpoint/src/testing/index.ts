export { damagedBytes } from './damaged-bytes.js';
export { flaxArray, flaxChunks, msgpack } from './flax-file.js';
export { soakCount } from './soak-count.js';
export { readDamaged, withinMemory } from './untrusted-input.js';
