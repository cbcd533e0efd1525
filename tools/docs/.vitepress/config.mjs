import { existsSync, readFileSync } from 'node:fs';
import { slug } from 'github-slugger';
import { defineConfig } from 'vitepress';
import { sections } from '../pages.mjs';

const list = new URL('../.pages/api/links.json', import.meta.url);
const api = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
const items = (pages) => pages.map(({ title, path }) => ({ text: title, link: `/${path}` }));

export default defineConfig({
  srcDir: '.pages',
  outDir: 'dist',
  cacheDir: '.vitepress/cache',
  title: 'TRACT',
  description: 'Diffusion models that draw in one network call, in TypeScript',
  lang: 'en',
  cleanUrls: false,
  // Nothing that a README quotes is a tag or a variable of Vue; headings have GitHub's ids, so that a link to one works in both.
  markdown: { html: false, anchor: { slugify: slug }, theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  ignoreDeadLinks: [/^\/app\//],
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Guides', link: '/guides/pictures' },
      { text: 'Commands', link: '/commands' },
      ...(api.length > 0 ? [{ text: 'API', link: '/api/' }] : []),
      { text: 'In your tab', link: '/app/', target: '_self' },
    ],
    sidebar: [
      ...sections.map(({ title, pages }) => ({ text: title, collapsed: title === 'Packages', items: items(pages) })),
      ...(api.length > 0 ? [{ text: 'API', collapsed: true, items: api }] : []),
    ],
    outline: [2, 3],
    docFooter: { prev: 'Before', next: 'Next' },
  },
});
