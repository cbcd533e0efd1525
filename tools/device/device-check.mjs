import { networks, tinyNetwork } from '../bench/networks.mjs';

/** Return why a program failed: its last line that names an error, else its last. */
const reasonOf = (text) => text.match(/^[\w.]*(Error|Exception)\b.*/gm)?.at(-1) ?? lastLine(text);

/** Options of a check. */
export const checkOptions = {
  python: { type: 'string', default: 'python3' },
  minutes: { type: 'string', default: '8' },
  rehearsal: { type: 'boolean', default: false },
  out: { type: 'string', default: 'device-check-results' },
};

/** Our backends for a graphics card, by the names that the table gives them. */
const ours = { webgpu: 'WebGPU', tensorflow: 'CUDA' };

/** PyTorch on the card, as its users run it; the first is what ours is compared with. */
const peers = [
  ['PyTorch', []],
  ['PyTorch, TF32', ['--tf32']],
  ['PyTorch compiled', ['--compile']],
  ['PyTorch compiled, TF32', ['--compile', '--tf32']],
];

const torchHere = `import json, torch; print(json.dumps({'torch': torch.__version__, 'card': torch.cuda.get_device_name() if torch.cuda.is_available() else None}))`;

const overtime = 'the time was over';
const lastLine = (text) => text.trim().split('\n').at(-1) || 'it said nothing';

/**
 * Check a machine part by part, the most important first.
 * @param {object} how
 * @param {(program: string, args: readonly string[], env?: object) => Promise<{ code: number, out: string, err: string, late: boolean, seconds: number, cardMB?: number }>} how.run
 *   runs a program to its end; `program` is 'work' (work.mjs), 'torch' (torch_bench.py) or 'python'; `late` is true where the time was over, also before it began
 * @param {boolean} how.rehearsal true where a software driver and the processor stand in for the card
 * @param {readonly object[]} how.drivers environments by which WebGPU may find the card, tried in order
 * @param {boolean} how.hasParity true where there are parity files
 * @param {(row: object) => void} how.tell called with each row as it comes
 * @returns rows { part, program, network?, result: 'passed' | 'measured' | 'failed' | 'unrun', detail, seconds?, ...figures }
 */
export async function deviceCheck({ run, rehearsal, drivers, hasParity, tell = () => {} }) {
  const rows = [];
  const chosen = rehearsal ? [tinyNetwork] : Object.values(networks);
  const flagsOf = ({ flags, batch }) => [...flags, '--batch', batch, '--runs', rehearsal ? 1 : 5].map(String);
  const add = (row) => {
    rows.push(row);
    tell(row);
  };

  /** Run one part and add its row; `judge` makes the result of what it printed. A program that is not ours fails nothing. */
  async function part(what, program, args, env, judge, isOurs = true) {
    const { code, out, err, late, seconds, cardMB } = await run(program, args, env);
    if (late) return add({ ...what, result: 'unrun', detail: overtime });
    let judged;
    try {
      judged = code === 0 ? judge(JSON.parse(lastLine(out))) : undefined;
    } catch {
      // It printed something else.
    }
    add({
      ...what,
      ...(judged ?? { result: isOurs ? 'failed' : 'unrun', detail: reasonOf(err) }),
      seconds,
      ...(judged && cardMB !== undefined && { cardMB }),
    });
  }

  /** Find the device of a backend. @returns the environment that finds it; undefined, and a row that says why, where there is none. */
  async function find(backend, environments) {
    const reasons = [];
    for (const env of environments) {
      const { code, out, err, late } = await run('work', ['device', backend], env);
      const device = code === 0 ? JSON.parse(lastLine(out)).device : undefined;
      const isCard = device !== undefined && (rehearsal || !/on the processor|^the processor/.test(device));
      if (isCard) {
        add({ part: 'device', program: ours[backend], result: 'passed', detail: device });
        return env;
      }
      reasons.push(device ?? (late ? overtime : lastLine(err)));
    }
    add({ part: 'device', program: ours[backend], result: 'unrun', detail: [...new Set(reasons)].join('; ') });
    return undefined;
  }

  const judgeFigures = ({ forward, train, tract, peakRssMB, peakDeviceMB }) => ({
    result: 'measured',
    forward,
    train,
    tract,
    peakRssMB,
    ...(peakDeviceMB && { peakDeviceMB }),
  });

  async function checkBackend(backend, env) {
    const program = ours[backend];
    await part({ part: 'conformance', program }, 'work', ['conformance', backend], env, ({ passed, failed }) => ({
      result: passed > 0 && failed.length === 0 ? 'passed' : 'failed',
      detail: `${passed} passed, ${failed.length} failed${failed.map(({ name, error }) => `; ${name}: ${error}`).join('')}`,
    }));
    await part({ part: 'TRACT steps beside native', program }, 'work', ['steps', backend], env, ({ steps, apart }) => ({
      result: 'passed',
      detail: `${steps} steps, losses ${apart.toExponential(1)} apart at most`,
    }));
    if (!hasParity)
      add({ part: 'parity files', program, result: 'unrun', detail: 'none came along; --parity FOLDER of a checkout takes them in' });
    else
      await part({ part: 'parity files', program }, 'work', ['parity', backend], env, ({ code, lines }) => ({
        result: code === 0 ? 'passed' : 'failed',
        detail: [lines.at(-1), ...lines.filter((line) => /MISS|BROKEN/.test(line))].join('; '),
      }));
    for (const network of chosen)
      await part(
        { part: 'speed', program, network: network.title, batch: network.batch },
        'work',
        ['bench', backend, ...flagsOf(network)],
        env,
        judgeFigures,
      );
  }

  async function measureTorch() {
    const { code, out, err, late } = await run('python', ['-c', torchHere]);
    if (late) return add({ part: 'speed', program: 'PyTorch', result: 'unrun', detail: overtime });
    const found = code === 0 ? JSON.parse(lastLine(out)) : undefined;
    if (found === undefined || !(found.card || rehearsal)) {
      const detail = found
        ? `PyTorch ${found.torch} finds no CUDA card`
        : `a python3 with torch is missing (${lastLine(err)}); --python names another`;
      return add({ part: 'speed', program: 'PyTorch', result: 'unrun', detail });
    }
    add({ part: 'device', program: 'PyTorch', result: 'passed', detail: `${found.torch} on ${rehearsal ? 'the processor' : found.card}` });
    for (const [program, flags] of peers)
      for (const network of chosen) {
        const args = [...flagsOf(network), ...flags, '--device', rehearsal ? 'cpu' : 'cuda'];
        await part({ part: 'speed', program, network: network.title, batch: network.batch }, 'torch', args, {}, judgeFigures, false);
      }
  }

  const webgpu = await find('webgpu', drivers);
  const tensorflow = await find('tensorflow', [{}]);
  if (webgpu) await checkBackend('webgpu', webgpu);
  await measureTorch();
  if (tensorflow) await checkBackend('tensorflow', tensorflow);
  return rows;
}

/** Return the exit code of a check: 4 where no card was found, 1 where a check of ours failed. */
export function exitCodeOf(rows) {
  const found = rows.some(({ part, program, result }) => part === 'device' && result === 'passed' && Object.values(ours).includes(program));
  return found ? Number(rows.some(({ result }) => result === 'failed')) : 4;
}
