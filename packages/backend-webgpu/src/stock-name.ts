/** The backend of TensorFlow.js's kernels alone, as they were before ours took the place of some. */
export const stockName = 'webgpu-stock';
