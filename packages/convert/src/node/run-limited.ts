import { spawnSync } from 'node:child_process';
import { totalmem } from 'node:os';

/** Limits of a process. */
export type RunLimits = {
  /** Megabytes. Default: `mostMemory()`. */
  readonly memoryLimit?: number;
  /** Seconds. */
  readonly timeLimit: number;
};

/** End of a process: its exit code (null after a signal), what it wrote to stderr, and the limit that it met, as far as that can be told. */
export type LimitedEnd = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly met?: 'time' | 'memory';
  /** Reason why it did not start. */
  readonly notStarted?: string;
};

/** Message of V8 for a buffer that memory cannot hold. */
const noMemory = 'Array buffer allocation failed';

/**
 * Run a script in a Node process of its own within limits, so that a file which makes its reader crash, hang or fill the memory ends that process
 * alone. stdout is the caller's. Where there is a shell (Linux, macOS) its `ulimit` keeps the data to the memory, which Linux enforces for
 * buffers too; JavaScript's own heap is limited everywhere.
 * @param args the script, and its arguments.
 */
export function runLimited(args: readonly string[], { memoryLimit = mostMemory(), timeLimit }: RunLimits): LimitedEnd {
  const node = [process.execPath, ...process.execArgv, `--max-old-space-size=${memoryLimit}`, ...args];
  const limited = `ulimit -d ${Math.floor((memoryLimit * 1e6) / 1024)} 2>/dev/null; exec "$@"`;
  const [program, ...words] = process.platform === 'win32' ? node : ['/bin/sh', '-c', limited, 'sh', ...node];
  const { status, signal, error, stderr } = spawnSync(program, words, {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    timeout: timeLimit * 1000,
    killSignal: 'SIGKILL',
  });
  const end = { code: status, signal, stderr: stderr ?? '' };
  if (error && 'code' in error && error.code === 'ETIMEDOUT') return { ...end, met: 'time' };
  if (error && signal === null) return { ...end, notStarted: error.message };
  return end.stderr.includes(noMemory) ? { ...end, met: 'memory' } : end;
}

/** Return three quarters of the memory of this machine, or of the container that it is in, in megabytes. */
export function mostMemory(): number {
  const allowed = process.constrainedMemory() || Number.POSITIVE_INFINITY; // 0 where nothing constrains it
  return Math.floor((0.75 * Math.min(totalmem(), allowed)) / 1e6);
}
