#!/usr/bin/env bash
# A seed in an ONNX graph gives other noise in onnxruntime-web than in ONNX Runtime for Python, and neighbouring seeds begin at neighbouring numbers.
#
# Guess:   RandomNormal and RandomUniform with `seed` come from one generator with well-mixed seeds (mt19937 or Philox), so that one file gives one image everywhere and seeds 1 and 2 have
#          nothing in common; a fractional seed, the attribute being a float, is a seed of its own.
# Seen:    1.30.0 of both: each takes its C++ library's default engine, a linear congruential one modulo 2^31 - 1, by 16807 in Python and by 48271 in WebAssembly. The first uniform number of
#          seed s is s * 16807 / 2^31 or s * 48271 / 2^31: 0.0000078, 0.0000157, … in one, 0.0000225, 0.0000450, … in the other. Seeds 0.3, 0.7 and 1 are the same, and so are 2^24 and
#          2^24 + 1. The second run of a session gives other numbers than the first.
# Matters: a student exported with its noise inside draws other images in the page than in Python; the first pixel of a batch of seeds is a ramp. Ours takes the noise as an input
#          (packages/convert), and users make it with the generator that they mean.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet onnx onnxruntime==1.30.0
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund onnxruntime-web@1.30.0
cat >run.py <<'PY'
import json
import onnxruntime
from onnx import TensorProto, helper

def drawn(op, seed, runs=1):
    node = helper.make_node(op, [], ['y'], shape=[4], dtype=1, seed=seed)
    graph = helper.make_graph([node], 'noise', [], [helper.make_tensor_value_info('y', TensorProto.FLOAT, [4])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8).SerializeToString()
    open(f'{op}-{seed:g}.onnx', 'wb').write(model)
    session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
    return [session.run(None, {})[0].tolist() for _ in range(runs)][-1]

print(json.dumps({
    'uniform': [drawn('RandomUniform', float(seed)) for seed in (1, 2, 100)],
    'normal': drawn('RandomNormal', 1.0),
    'again': drawn('RandomNormal', 1.0, 2),
    'fractions': [drawn('RandomNormal', seed) for seed in (0.3, 0.7, 1.0)],
    'large': [drawn('RandomNormal', float(seed)) for seed in (2**24, 2**24 + 1)],
}))
PY
cat >run.mjs <<'JS'
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web';
ort.env.wasm.numThreads = 1;
const python = JSON.parse(process.argv[2]);
const drawn = async (name) => {
  const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(`${name}.onnx`)), { executionProviders: ['wasm'] });
  return [...(await session.run({})).y.data];
};
const web = { uniform: [], normal: await drawn('RandomNormal-1') };
for (const seed of [1, 2, 100]) web.uniform.push(await drawn(`RandomUniform-${seed}`));
console.log('Python', python);
console.log('web', web);
const same = (a, b) => a.every((x, i) => x === b[i]);
const ramp = (rows, factor) => [1, 2, 100].every((seed, i) => Math.abs(rows[i][0] / ((seed * factor) / 2 ** 31) - 1) < 1e-3);
const { uniform, normal, again, fractions, large } = python;
const merged = same(fractions[0], fractions[1]) && same(fractions[0], fractions[2]) && same(large[0], large[1]);
const asSeen = ramp(uniform, 16807) && ramp(web.uniform, 48271) && !same(normal, web.normal) && !same(normal, again) && merged;
process.exit(asSeen ? 0 : 1);
JS
node run.mjs "$(env/bin/python run.py)"
