import { describe, expect, test } from 'vitest';
import { peersPage, ratiosOf } from '../peers-table.mjs';

const figures = (forward, train, tract, peakRssMB) => ({ params: 1_862_913, forward, train, tract, peakRssMB });
const entry = (name, command, ...rounds) => ({ name, command, rounds });

const flags = ['--channels', '32', '--attn', '', '--batch', '64'];
/** Recorded figures: the second round of ours was disturbed, compilation failed in one mode. */
const step = {
  kind: 'step',
  title: 'digits',
  flags,
  entries: [
    entry('tract', ['node', 'tract.mjs'], figures(320, 140, 80, 500), figures(100, 50, 20, 510), figures(310, 138, 79, 505)),
    entry('PyTorch eager', ['python3', 'torch_bench.py'], figures(152, 63, 34, 994)),
    entry('PyTorch eager, channels last', ['python3', 'torch_bench.py', '--channels-last'], figures(150, 66, 36, 1010)),
    { ...entry('PyTorch compiled', ['python3', 'torch_bench.py', '--compile']), failure: 'no C++ compiler' },
    entry('PyTorch compiled, channels last', ['python3', 'torch_bench.py', '--compile', '--channels-last'], figures(170, 70, 44, 900)),
    entry('PyTorch bfloat16, channels last', ['python3', 'torch_bench.py', '--bf16', '--channels-last'], figures(620, 276, 158, 808)),
    entry('ONNX Runtime', ['python3', 'ort_bench.py'], { params: 1_862_913, forward: 124, peakRssMB: 500 }),
  ],
};
const machine = { processor: 'A processor', cores: 2, memoryGB: 8, system: 'Linux x64', node: '20.19.0', load: 0.1 };
const report = { machine, torch: '2.13.0', rounds: 3, steps: 3, threads: 2, contests: [step] };

describe('the table of a comparison', () => {
  const page = peersPage(report);

  test('gives medians, ratios to the plain peer and to the best of each column, and why a program has no figure', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('|'));
    expect(rows).toEqual([
      '| program | forward images/s | train images/s | tract images/s | peak MB |',
      '| --- | ---: | ---: | ---: | ---: |',
      '| tract | 310 | 138 | 79.0 | 505 |',
      '| PyTorch eager | 152 | 63.0 | 34.0 | 994 |',
      '| PyTorch eager, channels last | 150 | 66.0 | 36.0 | 1010 |',
      '| PyTorch compiled (does not run: no C++ compiler) | - | - | - | - |',
      '| PyTorch compiled, channels last | 170 | 70.0 | 44.0 | 900 |',
      '| PyTorch bfloat16, channels last | 620 | 276 | 158 | 808 |',
      '| ONNX Runtime | 124 | - | - | 500 |',
      '| tract / PyTorch eager | **2.04x** | **2.19x** | **2.32x** | **0.51x** |',
      '| tract / best PyTorch in each column | **1.82x** | **1.97x** | **1.80x** | **0.56x** |',
      '| tract / PyTorch bfloat16 | **0.50x** | **0.50x** | **0.50x** | **0.63x** |',
      '| tract / ONNX Runtime | **2.50x** | - | - | **1.01x** |',
    ]);
    expect(ratiosOf(step).fastest.tract).toBeCloseTo(79 / 44, 10);
  });

  test('gives the machine, the versions and the commands', () => {
    expect(page).toContain('A processor, 2 cores, 8 GB, Linux x64; Node 20.19.0, PyTorch 2.13.0; 2 threads each.');
    expect(page).toContain('python3 torch_bench.py --compile --channels-last --channels 32 --attn "" --batch 64');
    expect(page).toContain('1,862,913 parameters in each program.');
    expect(page).not.toContain('busy');
  });

  test('says when the machine was busy, and when the programs had different networks', () => {
    const [mine, ...others] = step.entries;
    const other = { ...mine, rounds: [{ ...mine.rounds[0], params: 5 }] };
    const doubtful = peersPage({ ...report, machine: { ...machine, load: 3.2 }, contests: [{ ...step, entries: [other, ...others] }] });
    expect(doubtful).toContain('the machine was busy when this began (load 3.2)');
    expect(doubtful).toContain('Parameters: tract 5, PyTorch eager 1,862,913');
  });

  test('gives the latency of one image in milliseconds', () => {
    const entries = [entry('tract', [], figures(500, 1, 1, 1)), entry('PyTorch eager', [], figures(125, 1, 1, 1))];
    const rows = peersPage({ ...report, contests: [{ ...step, kind: 'latency', entries }] }).split('\n');
    expect(rows).toContain('| tract | 2.00 |');
    expect(rows).toContain('| PyTorch eager | 8.00 |');
    expect(rows).toContain('| tract is faster than PyTorch eager by | **4.00x** |');
  });

  test('stands also where no peer ran', () => {
    const [mine, ...peers] = step.entries;
    const alone = { ...step, entries: [mine, ...peers.map((peer) => ({ ...peer, rounds: [], failure: 'killed' }))] };
    expect(peersPage({ ...report, contests: [alone] })).toContain('| tract / PyTorch eager | - | - | - | - |');
  });
});
