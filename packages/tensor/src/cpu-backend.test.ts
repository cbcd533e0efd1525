import '@tensorflow/tfjs-backend-cpu';
import { useBackend } from './backend.js';
import { describeBackend } from './testing/index.js';

describeBackend('cpu', () => useBackend('cpu'));
