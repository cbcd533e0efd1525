import { parity } from './parity.js';

process.exitCode = await parity(process.argv.slice(2), console.log, console.error);
