#!/usr/bin/env bash
# tf.cast(x, 'bool') on WebAssembly keeps the low byte of the truncated number: 0.5 and 256 are false, -1 is 255.
#
# Guess:   a cast to bool is x != 0, as on tfjs-backend-cpu: [1, 1, 1, 1] for [0.5, -1, 2, 256].
# Seen:    tfjs-backend-wasm 4.22.0: [0, 255, 2, 0]; the sum of that mask is 257.
# Matters: masks for inpainting and for valid pixels made by casting a float image: partly covered pixels drop out, counts are wrong.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0
cat >cast.cjs <<'JS'
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-cpu');
const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${__dirname}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`);
const seen = { cpu: '1 1 1 1, sum 4', wasm: '0 255 2 0, sum 257' };
(async () => {
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend);
    const mask = tf.cast(tf.tensor1d([0.5, -1, 2, 256]), 'bool');
    const found = `${Array.from(mask.dataSync(), Number).join(' ')}, sum ${tf.sum(mask).dataSync()[0]}`;
    console.log(backend, found);
    if (found !== seen[backend]) process.exitCode = 1;
  }
})();
JS
node cast.cjs 2>/dev/null
