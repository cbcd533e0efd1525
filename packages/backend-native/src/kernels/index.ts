import { type NativeKernels, registerNativeKernels, registerStockKernels } from '../native-kernel.js';
import { attentionKernels } from './attention.js';
import { combineKernels } from './combine.js';
import { convKernels } from './conv.js';
import { elementwiseKernels } from './elementwise.js';
import { groupNormKernels } from './group-norm.js';
import { matmulKernels } from './matmul.js';
import { movementKernels } from './movement.js';
import { noiseKernels } from './noise.js';
import { poolKernels } from './pool.js';
import { reduceKernels } from './reduce.js';
import { resampleKernels } from './resample.js';
import { updateKernels } from './update.js';

/** Every kernel that the addon does in the place of a stock or composed one. */
const nativeKernels: NativeKernels = {
  ...attentionKernels,
  ...combineKernels,
  ...convKernels,
  ...elementwiseKernels,
  ...groupNormKernels,
  ...matmulKernels,
  ...movementKernels,
  ...noiseKernels,
  ...poolKernels,
  ...reduceKernels,
  ...resampleKernels,
  ...updateKernels,
};

/** Register for a backend whose class is NativeBackend these kernels, and the stock CPU kernels under all other names. */
export function registerKernels(backendName: string): void {
  registerStockKernels(backendName, Object.keys(nativeKernels));
  registerNativeKernels(backendName, nativeKernels);
}
