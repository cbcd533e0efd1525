#!/usr/bin/env bash
# The gradients of tf.image.resizeBilinear and resizeNearestNeighbor with halfPixelCenters are those without: training goes on, wrong and silent.
#
# Guess:   a gradient that does not exist for an option throws; one that exists agrees with finite differences.
# Seen:    tfjs 4.22.0, CPU backend. Bilinear 4x4 to 2x2 with halfPixelCenters, where each output is the mean of four pixels: the gradient is 1 at one of
#          the four and 0 at the others, as it is without the option, instead of 0.25 at each. Nearest 5x5 to 3x3: at the wrong pixels.
# Matters: halfPixelCenters is what PyTorch and Pillow do, so ported U-Nets and feature extractors use it; the gradient that a loss sends through is displaced.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @tensorflow/tfjs@4.22.0
cat >grad.cjs <<'JS'
const tf = require('@tensorflow/tfjs');
const show = (x) => Array.from(x, (v) => v.toFixed(2)).join(' ');
/** The first output's gradient by a size x size image, and central differences: resizing is linear, so these are exact. Returns whether they agree. */
function agrees(name, size, resize) {
  const loss = (image) => tf.sum(tf.slice(resize(image), [0, 0, 0], [2, 2, 1]));
  const values = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i));
  const image = (changed, by) => tf.tensor3d(values.map((v, i) => (i === changed ? v + by : v)), [size, size, 1]);
  const gradient = show(tf.grad(loss)(image()).dataSync());
  const differences = show(values.map((_, i) => loss(image(i, 0.5)).dataSync()[0] - loss(image(i, -0.5)).dataSync()[0]));
  console.log(`${name}\n  gradient    ${gradient}\n  differences ${differences}`);
  return gradient === differences;
}
(async () => {
  await tf.setBackend('cpu');
  const plain = agrees('bilinear 4x4 to 2x2, no option', 4, (x) => tf.image.resizeBilinear(x, [2, 2]));
  const bilinear = agrees('bilinear 4x4 to 2x2, halfPixelCenters', 4, (x) => tf.image.resizeBilinear(x, [2, 2], false, true));
  const nearest = agrees('nearest 5x5 to 3x3, halfPixelCenters', 5, (x) => tf.image.resizeNearestNeighbor(x, [3, 3], false, true));
  if (!plain || bilinear || nearest) process.exitCode = 1;
})();
JS
node grad.cjs 2>/dev/null
