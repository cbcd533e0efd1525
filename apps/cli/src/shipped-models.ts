import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder of the shipped models: the package @tract/models, wherever npm has put it. */
export const shippedFolder = dirname(createRequire(import.meta.url).resolve('@tract/models/package.json'));

/** List the names of the shipped models. */
export const shippedNames = (): string[] =>
  readdirSync(shippedFolder).filter((name) => existsSync(join(shippedFolder, name, 'config.json')));
