import { transfer } from 'comlink';
import type { Running } from '../backend.js';
import { shippedFile } from '../model/shipped-file.js';
import { button, element, progress, say } from '../page/elements.js';
import type { DrawEngine, ModelFacts, Side } from './draw-engine.js';
import { isGone, type OpenEngine, openEngine, WorkerClosed } from './open-engine.js';

/** Where the model of a side comes from. */
export type Source = { readonly shipped: string } | { readonly files: readonly File[] };

export type Ready = { readonly engine: OpenEngine<DrawEngine>['engine']; readonly running: Promise<Running>; readonly facts: ModelFacts };

/** The worker that draws and measures, with the models that are on it. */
export type Station = {
  /** Wait until a side's model is on the device; it is fetched when it is first asked for, and again after a new start. */
  readonly ready: (side: Side) => Promise<Ready>;
  readonly use: (side: Side, source: Source) => void;
  /** Say what went wrong; where the device or the worker is gone, offer to go on. */
  readonly failed: (error: unknown) => void;
  /** Call `listener` when the visitor goes on with a new device. */
  readonly onRestart: (listener: () => void) => void;
};

const said = (): string | null => element('status', HTMLElement).textContent;

/** Start the worker. */
export function openStation(): Station {
  const sources = new Map<Side, Source>([
    ['student', { shipped: 'mnist-student' }],
    ['teacher', { shipped: 'mnist-teacher' }],
  ]);
  let loaded = new Map<Side, { readonly source: Source; readonly facts: ModelFacts }>();
  const listeners: (() => void)[] = [];
  const failed = (error: unknown): void => {
    if (error instanceof WorkerClosed) return;
    const { name, message } = error as Error;
    const gone = isGone(error);
    const why = name === 'WorkerEnded' ? `: ${message}` : ', as after a reset of its driver.';
    say(gone ? `What computes here is gone${why}` : `That did not work: ${message}`, { failed: true });
    button('go-on').hidden = !gone;
  };
  const open = (): OpenEngine<DrawEngine> => {
    const worker = new Worker(new URL('./draw-worker.ts', import.meta.url), { type: 'module' });
    const opened = openEngine<DrawEngine>(worker, failed);
    // What has been said since is of more weight.
    const before = said();
    opened.running.then(({ words }) => said() === before && say(words)).catch(() => {});
    return opened;
  };
  let opened = open();

  button('go-on').addEventListener('click', () => {
    button('go-on').hidden = true;
    say('Starting again…');
    opened.close();
    loaded = new Map();
    opened = open();
    for (const listener of listeners) listener();
  });

  const load = async (engine: Ready['engine'], side: Side, source: Source): Promise<ModelFacts> => {
    if ('files' in source) return engine.useFiles(side, source.files);
    const bar = progress('load');
    bar.hidden = false;
    bar.value = 0;
    try {
      const bytes = await shippedFile(source.shipped, document.baseURI, (fraction) => {
        bar.value = fraction;
      });
      return await engine.useShipped(side, source.shipped, transfer(bytes, [bytes.buffer]));
    } finally {
      bar.hidden = true;
    }
  };

  return {
    ready: async (side) => {
      const source = sources.get(side)!;
      const { engine, running } = opened;
      const known = loaded.get(side);
      // The page itself fetches the model, while the worker and its backend start.
      const facts = known?.source === source ? known.facts : await load(engine, side, source);
      loaded.set(side, { source, facts });
      return { engine, running, facts };
    },
    use: (side, source) => void sources.set(side, source),
    failed,
    onRestart: (listener) => void listeners.push(listener),
  };
}
