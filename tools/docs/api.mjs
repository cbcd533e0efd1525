import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Application, ReflectionKind } from 'typedoc';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Source files of what may be imported. */
function entries() {
  return readdirSync(`${root}packages`).flatMap((room) => {
    const file = `${root}packages/${room}/package.json`;
    if (!existsSync(file)) return [];
    const sources = Object.values(JSON.parse(readFileSync(file, 'utf8')).exports ?? {}).flatMap((one) => one['@tract/source'] ?? []);
    return sources.filter((source) => !/testing|conformance/.test(source)).map((source) => `${root}packages/${room}/${source.slice(2)}`);
  });
}

/** Write the API of every package as Markdown, a page for each thing to import from, and their list for the side bar. */
export async function writeApi(folder) {
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: folder }],
    entryPoints: entries(),
    tsconfig: fileURLToPath(new URL('typedoc.tsconfig.json', import.meta.url)),
    ...{ skipErrorChecking: true, excludeInternal: true, disableSources: true, readme: 'none', githubPages: false, logLevel: 'Error' },
    ...{ hideBreadcrumbs: true, hidePageHeader: true, outputFileStrategy: 'modules', entryFileName: 'index', useCodeBlocks: true },
    ...{ parametersFormat: 'table', propertiesFormat: 'table', typeDeclarationFormat: 'table', validation: false },
  });
  const project = await app.convert();
  if (!project) throw new Error('docs: TypeDoc found no API');
  const modules = project.getChildrenByKind(ReflectionKind.Module);
  for (const one of modules) one.name = one.name.replace(/^([^/]+)\/src/, '@tract/$1');
  await app.generateOutputs(project);
  for (const file of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(`${folder}/${file}`, 'utf8'); // pages show tags as they stand
    writeFileSync(`${folder}/${file}`, text.replace(/<a id="[^"]*"><\/a>\s?/g, '').replace(/<br ?\/?>/g, ' '));
  }
  const names = modules.map(({ name }) => name).sort();
  const links = names.map((name) => ({
    text: name.replace('@tract/', ''),
    link: `/api/${existsSync(`${folder}/${name}.md`) ? name : `${name}/`}`,
  }));
  writeFileSync(`${folder}/links.json`, JSON.stringify(links));
}
