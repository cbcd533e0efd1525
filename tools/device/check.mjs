// The check of a device from its own folder (tools/device-check.sh), with nothing but what lies there.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from '../bench/machine.mjs';
import { checkOptions, deviceCheck, exitCodeOf } from './device-check.mjs';
import { deviceTable } from './device-table.mjs';

const tree = dirname(dirname(fileURLToPath(import.meta.url)));
const began = Date.now();

function optionsOrEnd() {
  try {
    return parseArgs({ options: checkOptions }).values;
  } catch (error) {
    console.error(`error: ${error.message.split('\n')[0]}; see --help`);
    process.exit(2);
  }
}
const { python, minutes, rehearsal, out } = optionsOrEnd();
const limitMs = Number(minutes) * 60_000;
if (!(limitMs > 0)) {
  console.error(`error: --minutes must be a number above 0, got '${minutes}'`);
  process.exit(2);
}
mkdirSync(out, { recursive: true });

/** Watch how much memory of the first card is in use; `stop` returns the most in MB beyond what it was at first, undefined without nvidia-smi. */
function watchCard() {
  const watch = spawn('nvidia-smi', ['--id=0', '--query-gpu=memory.used', '--format=csv,noheader,nounits', '-lms', '200']);
  const seen = [];
  watch.on('error', () => {});
  watch.stdout?.on('data', (text) => seen.push(...String(text).split('\n').filter(Boolean).map(Number).filter(Number.isFinite)));
  return () => {
    watch.kill();
    return seen.length > 1 ? Math.max(...seen) - seen[0] : undefined;
  };
}

const programs = {
  work: [process.execPath, join(tree, 'dist/work.mjs')],
  torch: [python, join(tree, 'torch/torch_bench.py')],
  python: [python],
};
let count = 0;

function run(name, args, env = {}) {
  const [program, ...first] = programs[name];
  const given = args[0] === 'parity' ? [...args, join(tree, 'parity')] : args;
  const left = limitMs - (Date.now() - began);
  if (left <= 0) return { code: 1, out: '', err: 'the time was over', late: true, seconds: 0 };
  const stop = args[0] === 'bench' || name === 'torch' ? watchCard() : () => undefined;
  const started = Date.now();
  return new Promise((done) => {
    const texts = { out: '', err: '' };
    let late = false;
    // A group of its own, which ends with all that it has started.
    const child = spawn(program, [...first, ...given], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const timer = setTimeout(() => {
      late = true;
      process.kill(-child.pid, 'SIGKILL');
    }, left);
    child.stdout.on('data', (text) => (texts.out += text));
    child.stderr.on('data', (text) => (texts.err += text));
    const end = (code) => {
      clearTimeout(timer);
      writeFileSync(
        join(
          out,
          `${String(++count).padStart(2, '0')}-${name}-${args
            .filter((arg) => /^\w/.test(arg))
            .slice(0, 2)
            .join('-')
            .slice(0, 30)}.log`,
        ),
        `${texts.out}\n${texts.err}`,
      );
      done({ code: code ?? 1, ...texts, late, seconds: (Date.now() - started) / 1000, cardMB: stop() });
    };
    child.on('error', (error) => {
      texts.err += error.message;
      end(1);
    });
    child.on('close', end);
  });
}

/** Environments by which Vulkan may find the card. NVIDIA's containers often lack the description of a driver whose libraries are there; its EGL part needs no X11. */
function driverEnvironments() {
  if (rehearsal) return [{ TRACT_WEBGPU_DRIVER: 'software' }];
  const described = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d']
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder));
  const own = (library) => {
    const file = resolve(out, `${library}.json`);
    writeFileSync(file, JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.3.0' } }));
    return { VK_ICD_FILENAMES: file, VK_DRIVER_FILES: file };
  };
  const installed = ['libGLX_nvidia.so.0', 'libEGL_nvidia.so.0'].filter((library) =>
    ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'].some((folder) =>
      existsSync(join(folder, library)),
    ),
  );
  if (existsSync('/dev/nvidia0') && installed.length === 0)
    console.error(
      "device-check: there is a card of NVIDIA's, but not its driver's part for Vulkan, libGLX_nvidia.so.0; a container needs NVIDIA_DRIVER_CAPABILITIES=all",
    );
  return [
    {},
    ...(described.some((name) => /nvidia/.test(name)) ? [] : installed).map(own),
    ...(installed.includes('libEGL_nvidia.so.0') ? [own('libEGL_nvidia.so.0')] : []),
  ];
}

function card() {
  const { status, stdout } = spawnSync('nvidia-smi', ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim().replaceAll('\n', '; ') : undefined;
}

const rows = await deviceCheck({
  ...{ run, rehearsal, drivers: driverEnvironments(), hasParity: existsSync(join(tree, 'parity')) },
  tell: ({ part, program, network, result, detail, forward, tract }) =>
    console.error(
      `${program}, ${part}${network ? ` of ${network}` : ''}: ${result}${detail ? `, ${detail}` : `, ${forward} forward and ${tract} TRACT images/s`}`,
    ),
});
const report = { rehearsal, machine: { ...machine(), card: card() }, minutes: (Date.now() - began) / 60_000, rows };
writeFileSync(join(out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
const table = deviceTable(report);
writeFileSync(join(out, 'table.md'), table);
console.log(table);
process.exitCode = exitCodeOf(rows);
