import { existsSync, readdirSync } from 'node:fs';

const root = new URL('../../', import.meta.url);
const there = (path) => existsSync(new URL(path, root));

const packages = readdirSync(new URL('packages/', root))
  .filter((name) => there(`packages/${name}/README.md`))
  .map((name) => ({ title: name, path: `packages/${name}`, from: `packages/${name}/README.md` }));

/** The site's contents: each page's place and the file of the repository that it is made from. */
export const sections = [
  {
    title: 'Guides',
    pages: [
      { title: 'From pictures to a one-step model in your page', path: 'guides/pictures', from: 'tools/docs/guides/pictures.md' },
      { title: 'Your samplers in five minutes', path: 'guides/samplers', from: 'tools/docs/guides/samplers.md' },
      { title: 'Bring your checkpoint', path: 'guides/checkpoints', from: 'tools/docs/guides/checkpoints.md' },
      { title: 'Score images', path: 'guides/scores', from: 'tools/docs/guides/scores.md' },
      { title: 'Many machines', path: 'guides/many-machines', from: 'docs/many-machines.md' },
      { title: 'Reproduce the paper', path: 'guides/reproduce', from: 'docs/reproduce.md' },
      { title: 'Add a sampler, a rule, a network, a backend', path: 'guides/add', from: 'CONTRIBUTING.md' },
    ],
  },
  {
    title: 'Background',
    pages: [
      { title: 'How it works', path: 'how-it-works', from: 'docs/how-it-works.md' },
      { title: 'What is measured', path: 'results', from: 'results/README.md' },
      { title: 'Where the prebuilt kernels have been run', path: 'platforms', from: 'docs/platforms.md' },
      { title: 'What is not there', path: 'not-there', from: 'README.md', section: 'What is not there yet' },
      { title: 'What other libraries do otherwise', path: 'other-libraries', from: 'docs/other-libraries.md' },
      { title: 'Licences', path: 'licences', from: 'docs/licences.md' },
    ],
  },
  {
    title: 'Reference',
    pages: [
      { title: 'Commands', path: 'commands', from: 'apps/cli/docs/commands.md' },
      { title: 'Settings', path: 'settings', from: 'apps/cli/docs/settings.md' },
      { title: 'Files that are read', path: 'files', from: 'docs/files.md' },
      { title: 'Schedulers of diffusers', path: 'schedulers', from: 'packages/samplers/diffusers-schedulers.md' },
    ],
  },
  {
    title: 'Packages',
    pages: [...packages, { title: 'cli', path: 'packages/cli', from: 'apps/cli/README.md' }],
  },
];

export const pages = [
  { title: 'TRACT', path: 'index', from: 'tools/docs/guides/index.md' },
  ...sections.flatMap((section) => section.pages),
];
