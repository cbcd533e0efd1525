#!/bin/sh
# SwiftShader 5.0.0 (Debian's chromium) through the npm package webgpu 0.6.2: making a compute pipeline takes the longer, the larger the arrays are that its workgroups share.
#
# Guess: a pipeline is made from its code; the length of a `var<workgroup>` array is a number in it and costs nothing.
# Seen: the same code (two arrays of vec4f, one read and write of each in a loop) with 9, 72, 144 and 288 elements a piece takes 68, 338, 690 and 1,403 ms: 4.8 ms for each.
#   WGSL wants such memory to begin as zeros. With Dawn's feature disable_workgroup_init, which leaves that out, the length no longer matters (28 to 31 ms), so the time goes into
#   code that writes zeros.
# Who meets it: matrix products in tiles and attention hold 4 kB and more; on a software driver, as in tests, most of the time to a first result is such pipelines.
# Fails when 288 elements take less than four times as long as 9, or with that feature more than twice as long.
set -eu
driver=/usr/lib/chromium/vk_swiftshader_icd.json
[ -f "$driver" ] || { echo "needs $driver, of Debian's package chromium" >&2; exit 4; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts webgpu@0.6.2
cat >time.mjs <<'JS'
import { constants } from 'node:os';
process.env.VK_ICD_FILENAMES = process.argv[2];
try {
  // Chromium's own loader of drivers, which Dawn then finds by its name.
  process.dlopen({ exports: {} }, '/usr/lib/chromium/libvulkan.so.1', constants.dlopen.RTLD_NOW | 0x1000);
} catch {}
const { create } = await import('webgpu');
const gpu = create(process.argv.slice(3));
const adapter = await gpu.requestAdapter();
const device = await adapter.requestDevice();
const code = (length) => `
@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;
var<workgroup> a: array<vec4f, ${length}>;
var<workgroup> b: array<vec4f, ${length}>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
  a[i % 9u] = y[i];
  b[i % 9u] = y[i + 64u];
  workgroupBarrier();
  var sum = vec4f();
  for (var k = 0u; k < 16u; k++) { sum += a[(i + k) % 9u] * b[(i * k) % 9u]; }
  y[i] = sum;
}`;
const make = (length) => {
  const started = performance.now();
  const module = device.createShaderModule({ code: code(length) });
  device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  return performance.now() - started;
};
make(10); // what is loaded once
const times = [9, 72, 144, 288].map(make);
console.log(adapter.info.description, times.map((time) => time.toFixed(0)).join(' '));
process.exit(0);
JS
plain=$(node time.mjs "$driver")
without=$(node time.mjs "$driver" enable-dawn-features=disable_workgroup_init)
echo "ms for 9, 72, 144 and 288 elements, $plain"
echo "without zeros at the start, $without"
ratio() { echo "$1" | awk '{ printf "%.1f", $NF / $(NF - 3) }'; }
echo "ratios: $(ratio "$plain") and $(ratio "$without")"
awk -v long="$(ratio "$plain")" -v free="$(ratio "$without")" 'BEGIN { exit !(long >= 4 && free <= 2) }' || {
  echo 'the behaviour has changed' >&2
  exit 1
}
