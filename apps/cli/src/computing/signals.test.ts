import { afterEach, expect, test, vi } from 'vitest';
import { catchSignals, interruptible } from './signals.js';

afterEach(() => void vi.restoreAllMocks());

test('the first signal is noted, a second Ctrl-C ends the process at once, a second signal of a scheduler does not', () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const signals = catchSignals();
  try {
    process.emit('SIGUSR1', 'SIGUSR1');
    process.emit('SIGUSR1', 'SIGUSR1');
    process.emit('SIGTERM', 'SIGTERM');
    expect([signals.signal.reason, exit.mock.calls]).toEqual(['SIGUSR1', []]);
    process.emit('SIGINT', 'SIGINT');
    expect(exit.mock.calls).toEqual([[130]]);
  } finally {
    signals.release();
  }
});

test('work ends at the first pause after a signal, not before, and leaves no handler behind', async () => {
  const handlers = process.listenerCount('SIGINT');
  const done: string[] = [];
  const work = interruptible('nothing was written', async (pause) => {
    done.push('one');
    await pause();
    process.emit('SIGINT', 'SIGINT');
    done.push('two');
    await pause();
    done.push('three');
  });
  await expect(work).rejects.toMatchObject({ message: 'stopped by SIGINT; nothing was written', exitCode: 130 });
  expect(done).toEqual(['one', 'two']);
  expect(process.listenerCount('SIGINT')).toBe(handlers);
});
