/** `npm run build:docs`: builds the documentation into apps/docs/dist. `--help` lists the options. */
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vitepress';
import { compressFile } from '../../web/build/compress-file.ts';
import { stagePages } from './stage-pages.ts';

const usage = `npm run build:docs -- [--base PATH] [--out FOLDER]

  --base PATH    path of the site on its host, with a slash at both ends (default: /docs/)
  --out FOLDER   where the site is written (default: apps/docs/dist, which the server serves)
`;

const folder = fileURLToPath(new URL('..', import.meta.url));
/** The best quality is ten times slower and 4 % smaller. */
const brotliQuality = 9;
// VitePress takes links with other extensions for links to pages.
process.env['VITE_EXTRA_EXTENSIONS'] = 'cast';
const minCompressedBytes = 1024;
const compressed = new Set(['.html', '.js', '.css', '.svg']);

const { values } = parseArgs({
  options: {
    base: { type: 'string', default: '/docs/' },
    out: { type: 'string', default: join(folder, 'dist') },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(usage);
else await buildSite({ base: values.base, out: resolve(values.out) });

/** Builds the site. Its `site.json` tells the server the path for which it was built. */
async function buildSite({ base, out }: { base: string; out: string }): Promise<void> {
  const staged = join(folder, 'staged');
  await stagePages(resolve(folder, '../..'), staged);
  await build(folder, { base, outDir: out });
  await rm(staged, { recursive: true });
  await writeFile(join(out, 'site.json'), `${JSON.stringify({ base })}\n`);
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths.filter((each) => compressed.has(extname(each)))) {
    if ((await stat(path)).size > minCompressedBytes) await compressFile(path, brotliQuality);
  }
}
