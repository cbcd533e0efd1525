export { flaxArray, flaxChunks, msgpack } from './flax-file.js';
