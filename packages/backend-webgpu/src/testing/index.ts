export { bundlePage } from './bundle-page.js';
export { chromiumPath, launchChromium, noChromium } from './chromium.js';
