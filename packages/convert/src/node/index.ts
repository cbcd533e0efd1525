export { type OpenedSource, openSource } from './open-source.js';
