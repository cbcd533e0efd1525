/** Output of a command. stdout carries results only; everything else goes to stderr. */
export type Io = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** True if stderr is a terminal on which a line can be drawn over. */
  readonly live: boolean;
  /** Columns of that terminal. */
  readonly columns: () => number;
};

export const processIo: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  live: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
  columns: () => process.stderr.columns ?? 80,
};

/**
 * Let the process go on and end as usual when the reader of its output has ended, as that of `tract --help | head` does: what is written
 * from then on is lost without an error.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners('error').includes(ignoreClosedPipe)) stream.on('error', ignoreClosedPipe);
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** Tells, on a line of its own, of something that was not as it should be and did not stop us. */
export const warnOn =
  (io: Io) =>
  (sentence: string): void =>
    io.err(`${io.live ? '\r\x1b[2K' : ''}warning: ${sentence}\n`);

/** Print exactly one JSON value, or the lines that say the same to a person. */
export function report(io: Io, json: boolean, value: unknown, lines: readonly string[]): void {
  io.out(json ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`);
}
