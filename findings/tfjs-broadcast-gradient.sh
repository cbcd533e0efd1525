#!/usr/bin/env bash
# tf.squaredDifference, minimum and maximum broadcast, their gradients do not.
#
# Guess:   like add, sub, mul and div, whose gradients are summed over broadcast axes: (a - b)^2 of [3] and [4, 3] can be differentiated by both.
# Seen:    tfjs 4.22.0: "Error in gradient for op SquaredDifference. The gradient of input 'a' has shape '4,3', which does not match the shape of the input
#          '3'"; the same for Minimum and Maximum. square(sub(a, b)) works.
# Matters: a loss to one target image for a whole batch, a bound per channel: the forward pass is right and the first update throws.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @tensorflow/tfjs@4.22.0
cat >grad.cjs <<'JS'
const tf = require('@tensorflow/tfjs');
const tryOn = (name, op) => {
  try {
    const gradient = tf.grad((x) => tf.sum(op(x, tf.ones([4, 3]))))(tf.tensor1d([0.5, 2, 3]));
    console.log(`${name}: ${gradient.dataSync().join(' ')}`);
    return true;
  } catch (error) {
    console.log(`${name}: ${error.message.slice(0, 150)}`);
    return false;
  }
};
(async () => {
  await tf.setBackend('cpu');
  const works = [tryOn('sub, square', (x, y) => tf.square(tf.sub(x, y))), tryOn('div', tf.div)];
  const fails = [tryOn('squaredDifference', tf.squaredDifference), tryOn('minimum', tf.minimum), tryOn('maximum', tf.maximum)];
  if (!works.every(Boolean) || fails.some(Boolean)) process.exitCode = 1;
})();
JS
node grad.cjs 2>/dev/null
