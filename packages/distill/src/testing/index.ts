export { expectSameTractRun, type TractRun, tractRun } from './tract-run.js';
