// Builds dist/report.html, which hftsim embeds: the page's script and style in one file, with a
// content security policy that allows these two alone. `--check` compares instead of writing, and
// fails if the committed page is not what the sources give.
import {build} from 'esbuild';
import {createHash} from 'node:crypto';
import {readFile, writeFile} from 'node:fs/promises';

const root = new URL('.', import.meta.url);
const out = new URL('dist/report.html', root);

async function bundled(entry, extra) {
  const result = await build({
    entryPoints: [new URL(entry, root).pathname],
    absWorkingDir: root.pathname,
    bundle: true,
    minify: true,
    write: false,
    charset: 'ascii',
    legalComments: 'inline',
    target: 'es2020',
    ...extra,
  });
  return result.outputFiles[0].text.trim();
}

async function packageOf(name) {
  return JSON.parse(await readFile(new URL(`node_modules/${name}/package.json`, root), 'utf8'));
}

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// The licence of uPlot asks that its text goes with every copy.
const licence = await readFile(new URL('LICENSE-uPlot', root), 'utf8');
const banner = `/*! uPlot ${(await packageOf('uplot')).version}\n${licence.trim()}\n*/`;
const script = await bundled('src/main.js', {format: 'iife', banner: {js: banner}});
const style = await bundled('src/style.css', {});
if (/<\/(script|style)/i.test(script + style)) throw new Error('the bundle would end its own tag');
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
const page = (await readFile(new URL('src/page.html', root), 'utf8'))
  .replace('@POLICY@', () => policy)
  .replace('@STYLE@', () => style)
  .replace('@SCRIPT@', () => script);

if (process.argv.includes('--check')) {
  const committed = await readFile(out, 'utf8');
  if (committed !== page) {
    console.error('web/dist/report.html is not what web/src gives; run: npm --prefix web run build');
    process.exit(1);
  }
  console.log('web/dist/report.html is up to date');
} else {
  await writeFile(out, page);
  console.log(`web/dist/report.html: ${page.length} bytes`);
}
