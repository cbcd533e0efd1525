export { type TractRun, tractRun } from './tract-run.js';
