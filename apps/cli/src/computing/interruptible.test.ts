import { expect, test } from 'vitest';
import { interruptible } from './interruptible.js';

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
