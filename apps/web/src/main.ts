import { startBackend } from './backend.js';
import { openDistilRoom } from './distil/room.js';
import { openDrawRoom } from './draw/room.js';
import { openMeasureRoom } from './measure/room.js';
import { shippedModel } from './model/shipped-model.js';
import { say } from './page/elements.js';
import { openTabs } from './page/tabs.js';

async function start(): Promise<void> {
  openTabs(['draw', 'distil', 'measure']);
  const running = await startBackend(new URLSearchParams(location.search).get('backend'));
  openDistilRoom();
  say(`${running.words} Fetching the models…`);
  const [student, teacher] = await Promise.all([shippedModel('mnist-student'), shippedModel('mnist-teacher')]);
  say(running.words);
  openMeasureRoom(running, student);
  openDrawRoom(running, { student, teacher });
}

// The controls act at once; there is nothing to send.
document.addEventListener('submit', (event) => event.preventDefault());

start().catch((error: unknown) => say(`The page could not start: ${(error as Error).message}`, { failed: true }));
