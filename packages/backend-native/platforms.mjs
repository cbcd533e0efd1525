/**
 * Platforms with a prebuilt addon: npm's words for each, and the target triple that Zig compiles for.
 * glibc 2.28 is that of Debian 10, RHEL 8 and Ubuntu 18.10; the C++ library is linked in.
 */
export const platforms = {
  'linux-x64': { os: 'linux', cpu: 'x64', libc: 'glibc', target: 'x86_64-linux-gnu.2.28' },
  'linux-arm64': { os: 'linux', cpu: 'arm64', libc: 'glibc', target: 'aarch64-linux-gnu.2.28' },
  'linux-x64-musl': { os: 'linux', cpu: 'x64', libc: 'musl', target: 'x86_64-linux-musl' },
  'linux-arm64-musl': { os: 'linux', cpu: 'arm64', libc: 'musl', target: 'aarch64-linux-musl' },
  'darwin-arm64': { os: 'darwin', cpu: 'arm64', target: 'aarch64-macos.11.0' },
  'darwin-x64': { os: 'darwin', cpu: 'x64', target: 'x86_64-macos.11.0' },
  'win32-x64': { os: 'win32', cpu: 'x64', target: 'x86_64-windows-gnu' },
};
