import { expose } from 'comlink';
import { sendSignals } from '../page/remote.js';
import { drawEngine } from './draw-engine.js';

sendSignals();
expose(drawEngine);
