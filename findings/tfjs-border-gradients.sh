#!/usr/bin/env bash
# Gradients at the border: tf.mirrorPad forgets what it reflected, tf.avgPool with padding divides by another number than its forward pass.
#
# Guess:   linear operations, so their gradients are their transposes: the weights of all outputs that a pixel went into.
# Seen:    tfjs 4.22.0, CPU backend, sum of all outputs. mirrorPad 'reflect' by 1 of a row of 4: gradient 1 1 1 1, true 1 2 2 1. avgPool 3 wide, stride 1,
#          'same', of a row of 4: gradient 0.67 1 1 0.67, true 0.83 1.17 1.17 0.83 (the forward pass divides by the pixels inside, its gradient by the window).
# Matters: both stand in U-Nets (reflected convolutions, pooling shortcuts). Nothing throws; borders learn from a wrong gradient.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @tensorflow/tfjs@4.22.0
cat >grad.cjs <<'JS'
const tf = require('@tensorflow/tfjs');
const show = (x) => Array.from(x, (v) => v.toFixed(2)).join(' ');
const seen = {
  mirrorPad: ['1.00 1.00 1.00 1.00', '1.00 2.00 2.00 1.00'],
  avgPool: ['0.67 1.00 1.00 0.67', '0.83 1.17 1.17 0.83'],
};
const work = {
  mirrorPad: (x) => tf.mirrorPad(x, [[0, 0], [0, 0], [1, 1], [0, 0]], 'reflect'),
  avgPool: (x) => tf.avgPool(x, [1, 3], 1, 'same'),
};
(async () => {
  await tf.setBackend('cpu');
  const values = Float32Array.of(0.1, 0.7, -0.4, 0.3);
  for (const [name, op] of Object.entries(work)) {
    const loss = (x) => tf.sum(op(x));
    const row = (changed, by) => tf.tensor4d(values.map((v, i) => (i === changed ? v + by : v)), [1, 1, 4, 1]);
    const gradient = show(tf.grad(loss)(row()).dataSync());
    const truth = show(values.map((_, i) => loss(row(i, 0.5)).dataSync()[0] - loss(row(i, -0.5)).dataSync()[0]));
    console.log(`${name}: gradient ${gradient}, differences ${truth}`);
    if (gradient !== seen[name][0] || truth !== seen[name][1]) process.exitCode = 1;
  }
})();
JS
node grad.cjs 2>/dev/null
