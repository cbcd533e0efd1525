// Writes the bill of materials of packages and apps as CycloneDX, without what only develops them.
import { execFileSync } from 'node:child_process';
import { installedWith } from './installed.mjs';
import { root } from './steps.mjs';

// npm's own `--omit dev` also leaves out what is shipped and is a dependency of a development tool besides, such as commander: npm/cli#7909.
const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 1 << 26,
});
const bill = JSON.parse(text);
const kept = new Set(installedWith(/^(packages|apps)\/[^/]+$/).map(({ name, version }) => `${name}@${version}`));
const whole = bill.metadata.component['bom-ref'];
bill.components = bill.components.filter((component) => kept.has(component['bom-ref']));
bill.dependencies = bill.dependencies
  .filter(({ ref }) => ref === whole || kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
// npm names a workspace by its folder.
for (const component of [bill.metadata.component, ...bill.components]) component.name = component['bom-ref'].replace(/@[^@]*$/, '');
console.log(JSON.stringify(bill, null, 2));
