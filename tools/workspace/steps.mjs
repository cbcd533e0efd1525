import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Environment in which nx leaves no process behind, draws nothing on the terminal and starts no processes for plugins, whose start can time out. */
export const nxEnvironment = {
  NX_DAEMON: 'false',
  NX_ISOLATE_PLUGINS: 'false',
  NX_TUI: 'false',
  NX_NO_CLOUD: 'true',
  NX_SKIP_LOG_GROUPING: 'true',
};

/** Run a program of this workspace in the root folder with inherited output; resolves to its exit code (128 + n for signal n is mapped to 1). */
export function run(program, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...nxEnvironment, ...env },
    });
    child.on('error', (error) => {
      console.error(`cannot run ${program}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** Run a program as `run` does, without input; resolves to its exit code and all that it said. */
export function runApart(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...nxEnvironment } });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => resolve({ code: 1, said: `cannot run ${program}: ${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, said: Buffer.concat(said).toString() }));
  });
}

/** A program that npm installed for the workspace. */
export const tool = (name) => `${root}node_modules/.bin/${name}`;

export const build = (...args) => run(tool('nx'), ['run-many', '-t', 'build', '--outputStyle=static', ...args]);
