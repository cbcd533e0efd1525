import { startBackend } from './backend.js';
import { openDrawRoom } from './draw/room.js';
import { shippedModel } from './model/shipped-model.js';
import { say } from './page/elements.js';
import { openTabs } from './page/tabs.js';

async function start(): Promise<void> {
  openTabs(['draw', 'distil', 'measure']);
  const running = await startBackend(new URLSearchParams(location.search).get('backend'));
  say(`${running.words} Fetching the models…`);
  const [student, teacher] = await Promise.all([shippedModel('mnist-student'), shippedModel('mnist-teacher')]);
  say(running.words);
  openDrawRoom(running, { student, teacher });
}

start().catch((error: unknown) => say(`The page could not start: ${(error as Error).message}`, { failed: true }));
