import { makeBench } from './distil/bench.js';
import { openDigits } from './distil/digits-room.js';
import { openToy } from './distil/toy-room.js';
import { openDropZone } from './draw/drop-zone.js';
import { openDrawRoom } from './draw/room.js';
import { openStation } from './engine/station.js';
import { openIdea } from './idea/room.js';
import { openMeasureRoom } from './measure/room.js';
import { breathe } from './page/breathe.js';
import { element, say } from './page/elements.js';
import { startOffline } from './page/offline.js';
import { sendSignals } from './page/remote.js';
import { openTabs } from './page/tabs.js';
import { openRace } from './race/room.js';

const rooms = ['draw', 'idea', 'distil', 'measure'];

async function start(): Promise<void> {
  if (await startOffline()) return;
  sendSignals();
  const go = openTabs(rooms);
  const station = openStation();
  const useStudent = openDrawRoom(station, go);
  await breathe(); // the worker that draws waits for this thread to start it
  const bench = makeBench();
  openIdea();
  openToy('idea', bench);
  const addPictures = openDigits(bench, (file) => useStudent([file]));
  openDropZone(element('rooms', HTMLElement), (files) => {
    const arePictures = files.every(({ type }) => type.startsWith('image/'));
    if (arePictures) go('distil');
    (arePictures ? addPictures : useStudent)(files);
  });
  openRace();
  openMeasureRoom(station);
  for (const room of rooms) element(room, HTMLElement).inert = false;
}

// The controls act at once; there is nothing to send.
document.addEventListener('submit', (event) => event.preventDefault());

start().catch((error: unknown) => say(`The page could not start: ${(error as Error).message}`, { failed: true }));
