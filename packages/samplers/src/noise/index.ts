export { brownianNormals } from '../brownian-normals.js';
export { torchCpuNormals } from '../torch-cpu-normals.js';
export { torchCudaNormals } from '../torch-cuda-normals.js';
