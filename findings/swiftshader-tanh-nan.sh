#!/usr/bin/env bash
# On SwiftShader, the software driver of Chromium's WebGPU, tanh of a large number is NaN and a NaN is neither equal nor unequal to itself.
#
# Guess:   tanh(100) = 1, tanh(1e-4) = 1e-4 to 1e-6 relative; `x != x` is true for a NaN from a buffer, or at least `x == x` and `x != x` are opposites.
# Seen:    npm webgpu 0.6.2 (Dawn) on SwiftShader of Debian's chromium 150.0.7871.100: tanh(80) = 1, tanh(100) = NaN, tanh(1e-4) = 1.000166e-4; for NaN both
#          comparisons are false and clamp(NaN, -1, 1) = -1; the bits, compared as u32, do tell it. WGSL allows all of it (accuracy of tanh is inherited from
#          sinh / cosh, and NaN may be assumed away).
# Matters: GELU's tanh form, soft clipping and gates give NaN for activations that other cards take; checks for divergence inside a shader must look at bits.
set -euo pipefail
driver=/usr/lib/chromium/vk_swiftshader_icd.json
[ -e "$driver" ] || { echo "needs $driver: apt-get install chromium"; exit 1; }
echo "chromium $(dpkg-query -W -f '${Version}' chromium)"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund webgpu@0.6.2
cat >shader.mjs <<'JS'
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const wanted = { 'tanh(80)': 1, 'tanh(100)': NaN, 'tanh(1e-4)': 1.00016593e-4, 'NaN == NaN': 0, 'NaN != NaN': 0, 'clamp(NaN, -1, 1)': -1, 'NaN by its bits': 1 };
const code = `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() {
  y[0] = tanh(x[0]); y[1] = tanh(x[1]); y[2] = tanh(x[2]);
  y[3] = select(0.0, 1.0, x[3] == x[3]); y[4] = select(0.0, 1.0, x[3] != x[3]);
  y[5] = clamp(x[3], -1.0, 1.0);
  y[6] = select(0.0, 1.0, (bitcast<u32>(x[3]) & 0x7fffffffu) > 0x7f800000u);
}`;
const adapter = await create([]).requestAdapter();
const device = await adapter.requestDevice();
console.log(adapter.info.architecture, adapter.info.description);
const { STORAGE, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
const x = device.createBuffer({ size: 16, usage: STORAGE | COPY_DST });
const y = device.createBuffer({ size: 28, usage: STORAGE | COPY_SRC });
const copy = device.createBuffer({ size: 28, usage: COPY_DST | MAP_READ });
device.queue.writeBuffer(x, 0, Float32Array.of(80, 100, 1e-4, NaN));
const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module: device.createShaderModule({ code }) } });
const entries = [x, y].map((buffer, binding) => ({ binding, resource: { buffer } }));
const encoder = device.createCommandEncoder();
const pass = encoder.beginComputePass();
pass.setPipeline(pipeline);
pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
pass.dispatchWorkgroups(1);
pass.end();
encoder.copyBufferToBuffer(y, 0, copy, 0, 28);
device.queue.submit([encoder.finish()]);
await copy.mapAsync(GPUMapMode.READ);
const found = new Float32Array(copy.getMappedRange());
const same = Object.entries(wanted).map(([name, value], i) => {
  console.log(`${name} = ${found[i]}`);
  return Object.is(found[i], value) || Math.abs(found[i] / value - 1) < 1e-5;
});
process.exit(same.every(Boolean) ? 0 : 1);
JS
VK_DRIVER_FILES=$driver VK_ICD_FILENAMES=$driver XDG_RUNTIME_DIR=$folder node shader.mjs
