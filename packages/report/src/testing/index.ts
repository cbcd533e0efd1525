export { decodeMessage, type Message, readRecords, type Value, valuesOf } from './event-file.js';
