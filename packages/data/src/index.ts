export { DataError, type DataErrorKind } from './data-error.js';
export { batchAt, epochOrder } from './epoch-order.js';
export { type IdxArray, readIdx } from './idx.js';
export { type GatherOptions, gather, type ImageSet, toBytes } from './image-set.js';
export { loadMnist, type MnistSplit } from './mnist.js';
