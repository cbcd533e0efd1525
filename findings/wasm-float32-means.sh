#!/usr/bin/env bash
# Means of millions of equal numbers are off by 2% in two WebAssembly runtimes.
#
# Guess:   the mean of 2^22 float32 numbers of 1000.1 is right to about 1e-6, as in PyTorch and in tfjs-backend-cpu (pairwise or float64 sums).
# Seen:    tfjs-backend-wasm 4.22.0 `tf.mean` and onnxruntime-web 1.30.0 `ReduceMean` (wasm): 1020.6596; the sum of 2^25 times 0.1 is 2097152, where adding
#          stops changing a float32 sum, instead of 3355443. tfjs-backend-cpu: 1000.1000.
# Matters: losses over a batch of large images, statistics of features and norms of gradients; batch 64 of 3x256x256 has 12.6 million numbers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund \
  @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 onnxruntime-web@1.30.0
cat >means.cjs <<'JS'
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-cpu');
const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm');
const ort = require('onnxruntime-web');
setWasmPaths(`${__dirname}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`);
ort.env.wasm.numThreads = 1;
const int = (field, value) => [field * 8, value];
const bytes = (field, content) => [field * 8 + 2, content.length, ...(typeof content === 'string' ? Buffer.from(content) : content)];
const value = (name, shape) => [...bytes(1, name), ...bytes(2, bytes(1, [...int(1, 1), ...bytes(2, bytes(1, shape))]))];
/** y = op(x) over all axes. */
const model = (op) => {
  const node = [...bytes(1, 'x'), ...bytes(2, 'y'), ...bytes(4, op)];
  const graph = [...bytes(1, node), ...bytes(2, 'g'), ...bytes(11, value('x', bytes(2, 'n'))), ...bytes(12, value('y', int(1, 1)))];
  return Uint8Array.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, int(2, 17))]);
};
const ortOf = async (op, data) => {
  const session = await ort.InferenceSession.create(model(op), { executionProviders: ['wasm'], logSeverityLevel: 4 });
  return (await session.run({ x: new ort.Tensor('float32', data, [data.length]) })).y.data[0];
};
(async () => {
  const many = new Float32Array(2 ** 22).fill(1000.1);
  const tenths = new Float32Array(2 ** 25).fill(0.1);
  const found = {};
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend);
    found[`tfjs ${backend}`] = [tf.mean(tf.tensor1d(many)).dataSync()[0], tf.sum(tf.tensor1d(tenths)).dataSync()[0]];
  }
  found['onnxruntime-web wasm'] = [await ortOf('ReduceMean', many), await ortOf('ReduceSum', tenths)];
  for (const [name, [mean, sum]] of Object.entries(found)) console.log(`${name}: mean of 1000.1 ${mean}, sum of 2^25 times 0.1 ${sum}`);
  const wrong = ([mean, sum]) => Math.abs(mean - 1020.66) < 0.01 && sum === 2097152;
  const right = ([mean, sum]) => Math.abs(mean - 1000.1) < 0.01 && Math.abs(sum - 3355443) < 1;
  if (!right(found['tfjs cpu']) || !wrong(found['tfjs wasm']) || !wrong(found['onnxruntime-web wasm'])) process.exitCode = 1;
})();
JS
node means.cjs 2>/dev/null
