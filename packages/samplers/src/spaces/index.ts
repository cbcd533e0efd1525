export { float16SpaceWith } from './float16-space.js';
export { type TfjsOperations, tfjsSpace } from './tfjs-space.js';
