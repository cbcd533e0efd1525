import { expose } from 'comlink';
import { sendSignals } from '../page/remote.js';
import { distilEngine } from './distil-engine.js';

sendSignals();
expose(distilEngine);
