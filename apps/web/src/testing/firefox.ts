import { firefoxPath } from '@tract/backend-webgpu/testing';
import { type Browser, launch } from 'puppeteer-core';

/**
 * Start the distribution's own Firefox, by WebDriver BiDi, as it is set without a visitor's doing. A call that a new load of the page has cut off
 * is never answered, hence the limit.
 */
export const launchFirefox = (): Promise<Browser> =>
  launch({ browser: 'firefox', executablePath: firefoxPath(), headless: true, protocolTimeout: 60_000 });
