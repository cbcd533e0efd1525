export { type OpenedSource, openSource } from './open-source.js';
export { type LimitedEnd, mostMemory, type RunLimits, runLimited } from './run-limited.js';
