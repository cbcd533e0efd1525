#!/usr/bin/env bash
# TensorFlow.js on WebAssembly turns NaN into ordinary numbers: a training that diverged looks as if it went on.
#
# Guess:   clipping, relu6, convolution and pooling hand NaN on, as the same package's CPU backend does for the first three.
# Seen:    tfjs 4.22.0, tfjs-backend-wasm 4.22.0: clipByValue(NaN, -1, 1) = -1, relu6(NaN) = 0, a 1x1 convolution of NaN = -Infinity,
#          avgPool and maxPool = -Infinity. backend-cpu: NaN, NaN, NaN, NaN, and 3 for maxPool of [NaN, 1, 2, 3].
# Matters: "stop when the loss is NaN" does not stop; a clamped prediction of a broken network is a grey or black image instead of an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0
cat >nan.cjs <<'JS'
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-cpu');
const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${__dirname}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`);
const image = () => tf.tensor4d([NaN, 1, 2, 3], [1, 2, 2, 1]);
const work = {
  clipByValue: () => tf.clipByValue([NaN], -1, 1),
  relu6: () => tf.relu6([NaN]),
  conv2d: () => tf.conv2d(image(), tf.ones([1, 1, 1, 1]), 1, 'valid'),
  avgPool: () => tf.avgPool(image(), 2, 2, 'valid'),
  maxPool: () => tf.maxPool(image(), 2, 2, 'valid'),
};
const seen = {
  cpu: { clipByValue: NaN, relu6: NaN, conv2d: NaN, avgPool: NaN, maxPool: 3 },
  wasm: { clipByValue: -1, relu6: 0, conv2d: -Infinity, avgPool: -Infinity, maxPool: -Infinity },
};
(async () => {
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend);
    for (const [name, run] of Object.entries(work)) {
      const [value] = run().dataSync();
      console.log(backend, name, value);
      if (!Object.is(value, seen[backend][name])) process.exitCode = 1;
    }
  }
})();
JS
node nan.cjs 2>/dev/null
