import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { dawnFeatures } from './dawn-features.js';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** CHROME_PATH, or where distributions put the browser. */
export const chromiumPath = (): string | undefined => process.env.CHROME_PATH ?? places.find((path) => existsSync(path));

/** Why tests in a browser are passed over; undefined when they can run. */
export const noChromium = (): string | undefined =>
  chromiumPath() === undefined ? 'no Chromium here: apt-get install chromium, or name one by CHROME_PATH' : undefined;

/** A headless browser whose WebGPU computes on the CPU where there is no graphics card. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath(),
    args: [
      ...['--no-sandbox', '--disable-dev-shm-usage', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
      ...(dawnFeatures === undefined ? [] : [`--enable-dawn-features=${dawnFeatures}`]),
    ],
  });
