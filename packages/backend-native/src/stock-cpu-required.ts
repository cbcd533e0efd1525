// stock-cpu.ts for Node.
import { createRequire } from 'node:module';

export const { MathBackendCPU }: typeof import('./stock-cpu.js') = createRequire(import.meta.url)('@tensorflow/tfjs-backend-cpu');
