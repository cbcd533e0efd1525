export { chromiumPath, launchChromium, noChromium } from './chromium.js';
export { resultOfPage } from './result-of-page.js';
