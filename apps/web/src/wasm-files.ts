export { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
export { default as plain } from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
export { default as simd } from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
export { default as threaded } from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
