import { afterEach, expect, test, vi } from 'vitest';
import { catchSignals } from './stop-signals.js';

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
