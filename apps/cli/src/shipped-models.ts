import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the models that come with the repository: three levels above both src/ and dist/. */
export const shippedFolder = fileURLToPath(new URL('../../../models/', import.meta.url));

/** List the names of the shipped models. */
export const shippedNames = (): string[] =>
  existsSync(shippedFolder) ? readdirSync(shippedFolder).filter((name) => existsSync(join(shippedFolder, name, 'config.json'))) : [];
