export { type Block, gridPng, imagePng, squareColumns } from './image-grid.js';
export { type ImageSize, type Images, partOfImages } from './images.js';
export { toBytes, toValues, valueOfByte } from './pixel-values.js';
