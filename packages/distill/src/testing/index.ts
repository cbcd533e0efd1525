export { expectSameTractRun, tractRun } from './tract-run.js';
