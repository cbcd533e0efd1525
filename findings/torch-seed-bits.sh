#!/usr/bin/env bash
# PyTorch's CPU generator takes 64-bit seeds and uses 32 bits of them.
#
# Guess:   `manual_seed` accepts any 64-bit seed and refuses more, so two different seeds are two different streams.
# Seen:    PyTorch 2.13.0: seeds 1 and 2^32 + 1 give the same numbers, for rand and randn; `initial_seed()` still says 4294967297.
# Matters: seeds made by hashing or by (run << 32) + image repeat images; a program that reproduces torch's normals must take the seed modulo 2^32.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet torch==2.13.0 numpy
env/bin/python - <<'PY'
import sys, torch
def draws(seed):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(20, generator=g), torch.rand(20, generator=g), g.initial_seed()
(a, u, _), (b, v, seed), (c, _, _) = draws(1), draws(2**32 + 1), draws(2)
print('torch', torch.__version__, '| seeds 1 and 2^32 + 1: randn equal', torch.equal(a, b), '| rand equal', torch.equal(u, v), '| initial_seed', seed)
sys.exit(0 if torch.equal(a, b) and torch.equal(u, v) and not torch.equal(a, c) and seed == 2**32 + 1 else 1)
PY
