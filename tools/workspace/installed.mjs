import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './steps.mjs';

/** Return what stands in the lock file for the workspaces whose folder matches a pattern and for all that they depend on, in turn: name, version and licence. */
export function installedWith(pattern) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  // Its own folder of modules before that of the workspace.
  const placesOf = (path) =>
    Object.keys(packages[path].dependencies ?? {}).map((name) => {
      const place = [`${path}/node_modules/${name}`, `node_modules/${name}`].find((each) => each in packages);
      return packages[place].link ? packages[place].resolved : place;
    });
  const places = new Set(Object.keys(packages).filter((path) => pattern.test(path)));
  for (const place of places) for (const next of placesOf(place)) places.add(next);
  return [...places].map((place) => {
    const { name = place.slice(place.lastIndexOf('node_modules/') + 13), version, license = 'none' } = packages[place];
    return { name, version, license };
  });
}
