import { startBackend } from './backend.js';
import { openDistilRoom } from './distil/room.js';
import { openDrawRoom } from './draw/room.js';
import { openMeasureRoom } from './measure/room.js';
import { shippedModel } from './model/shipped-model.js';
import { element, say } from './page/elements.js';
import { openTabs } from './page/tabs.js';

/** Until they are wired the rooms take no clicks: one that nothing hears would look like a fault. */
const open = (...rooms: string[]): void => {
  for (const room of rooms) element(room, HTMLElement).inert = false;
};

async function start(): Promise<void> {
  openTabs(['draw', 'distil', 'measure']);
  const running = await startBackend(new URLSearchParams(location.search).get('backend'));
  openDistilRoom();
  open('distil');
  say(`${running.words} Fetching the models…`);
  const [student, teacher] = await Promise.all([shippedModel('mnist-student'), shippedModel('mnist-teacher')]);
  say(running.words);
  openMeasureRoom(running, student);
  openDrawRoom(running, { student, teacher });
  open('draw', 'measure');
}

// The controls act at once; there is nothing to send.
document.addEventListener('submit', (event) => event.preventDefault());

start().catch((error: unknown) => say(`The page could not start: ${(error as Error).message}`, { failed: true }));
