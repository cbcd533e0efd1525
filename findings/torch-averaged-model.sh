#!/usr/bin/env bash
# The first update of PyTorch's AveragedModel ignores the decay: the average becomes the weights.
#
# Guess:   AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9)) starts as a copy, and each update_parameters does e = 0.9 e + 0.1 w.
# Seen:    PyTorch 2.13.0: from weights 0, after the model's are set to 1: 1.0 after the first update (guess 0.1); set to 2: 1.1 after the second.
# Matters: an average that is compared with another program's is one step behind for ever; resumed by hand without `n_averaged`, it jumps to the weights.
#          An average that starts at the initial weights (TRACT, EDM) must be updated once before the first training step, or written by hand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet torch==2.13.0 numpy
env/bin/python - <<'PY'
import sys, torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
model = torch.nn.Linear(1, 1, bias=False)
seen = []
with torch.no_grad():
    model.weight.fill_(0)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    for value in (1, 2):
        model.weight.fill_(value)
        average.update_parameters(model)
        seen.append(round(average.module.weight.item(), 6))
print('torch', torch.__version__, 'average after each update:', seen)
sys.exit(0 if seen == [1.0, 1.1] else 1)
PY
