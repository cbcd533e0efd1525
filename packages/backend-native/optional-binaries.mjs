// Names the packages of prebuilt binaries in package.json while it is published, so that npm chooses one by os, cpu and libc: node optional-binaries.mjs add|remove
// Not while it is packed alone: npm reads what it tells the registry after `postpack`. A checkout does not name them: it builds its own, and `npm ci` would ask for versions that are not published yet.
import { readFileSync, writeFileSync } from 'node:fs';
import { platforms } from './platforms.mjs';

const [action] = process.argv.slice(2);
if (action !== 'add' && action !== 'remove') throw new Error(`optional-binaries: expected add or remove, got ${action}`);
const file = new URL('package.json', import.meta.url);
const { optionalDependencies: _, ...manifest } = JSON.parse(readFileSync(file, 'utf8'));
const binaries = Object.keys(platforms).map((name) => [`@tract/backend-native-${name}`, manifest.version]);
const packed = action === 'add' ? { ...manifest, optionalDependencies: Object.fromEntries(binaries) } : manifest;
writeFileSync(file, `${JSON.stringify(packed, null, 2)}\n`);
