export type { BadSample } from './bad-samples.js';
export { type Cifar10Split, loadCifar10 } from './cifar10.js';
export { DataError, type DataErrorKind } from './data-error.js';
export type { PictureColour } from './decode-picture.js';
export { batchAt, epochOrder } from './epoch-order.js';
export { classesOf, fingerprintOf, type SetFingerprint } from './fingerprint.js';
export type { LeftOut } from './folder-files.js';
export { type IdxArray, readIdx } from './idx.js';
export { type BatchOptions, type ImageBatches, openBatches, type Picked } from './image-batches.js';
export { loadImageFolder } from './image-folder.js';
export {
  allImages,
  type GatherOptions,
  gather,
  type ImageSet,
  type ImageShape,
  type ImagesInMemory,
  type ImagesOnDemand,
  imageAt,
  type Labels,
  type SetFacts,
} from './image-set.js';
export { loadImageZip } from './image-zip.js';
export { type ImageNet64Split, loadImageNet64 } from './imagenet64.js';
export { loadMnist, type MnistSplit } from './mnist.js';
export { loadParquet } from './parquet-set.js';
export type { LabelRule } from './picture-labels.js';
export type { PictureOptions, ShardOptions } from './picture-set.js';
export { ReadThreadError } from './read-threads.js';
export { checkSetName, isSetName, type LoadSetOptions, loadSet, SetNameError, setForms, setKind, withoutPlace } from './set-name.js';
export { readTar } from './tar.js';
export { loadWebDataset } from './webdataset.js';
