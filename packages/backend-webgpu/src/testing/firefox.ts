import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** FIREFOX_PATH, or where distributions put the browser. */
export const firefoxPath = (): string | undefined =>
  process.env.FIREFOX_PATH ?? ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => existsSync(path));

/** Why tests in Firefox are passed over; undefined when they can run. */
export const noFirefox = (): string | undefined =>
  firefoxPath() === undefined ? 'no Firefox here: apt-get install firefox-esr, or name one by FIREFOX_PATH' : undefined;

// Neither updates nor pages of its own: a start asks nothing of the network.
const preferences = {
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

/** Open a page in a headless Firefox with a profile of its own. The caller closes it. @throws Error when it ends by itself. */
export function openFirefox(url: string) {
  const profile = mkdtempSync(join(tmpdir(), 'tract-firefox-'));
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${value});\n`);
  writeFileSync(join(profile, 'user.js'), lines.join(''));
  const child = spawn(firefoxPath()!, ['--headless', '--no-remote', '--profile', profile, url], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    ended: ended.then((): never => {
      throw new Error('Firefox ended before the page had its result');
    }),
    close: async () => {
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
