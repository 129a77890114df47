import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformerStyleToClass } from '@shikijs/transformers';
import { defineConfig } from 'vitepress';
import { arrangeSidebar } from '../src/sidebar.ts';
import { externalizeScripts, hashContent, removeStyleAttributes } from '../src/external-scripts.ts';
import { listPages } from '../src/list-pages.ts';
import { selectSearchedText } from '../src/searched-text.ts';
import { addMarkdownRules } from '../src/markdown-rules.ts';

const stagedFolder = fileURLToPath(new URL('../staged', import.meta.url));
const codeColors = transformerStyleToClass({ classPrefix: 'code-' });

/** The file of the colors of code. All pages are compiled before the first call. */
function nameCodeColors(): string {
  return `code-colors.${hashContent(codeColors.getCSS())}.css`;
}

export default defineConfig({
  title: 'Pumphouse',
  description: 'A self-hosted runtime for dlt pipelines',
  srcDir: 'staged',
  // One file with the hashes of all pages, instead of a copy in each page.
  metaChunk: true,
  lastUpdated: false,
  // Otherwise a change of the theme adds a style element, which the content security policy forbids.
  appearance: { disableTransition: false },
  markdown: {
    codeTransformers: [codeColors],
    config: addMarkdownRules,
  },
  themeConfig: {
    outline: [2, 3],
    sidebar: arrangeSidebar(listPages(stagedFolder)),
    search: {
      provider: 'local',
      options: {
        _render(source, env, md) {
          return md.render(selectSearchedText(source, env.relativePath), env);
        },
      },
    },
  },
  transformHead: ({ siteConfig }) => [
    ['link', { rel: 'icon', href: `${siteConfig.site.base}icon.svg`, type: 'image/svg+xml' }],
    ['link', { rel: 'stylesheet', href: `${siteConfig.site.base}assets/${nameCodeColors()}` }],
  ],
  async transformHtml(html, _id, { siteConfig }) {
    const page = externalizeScripts(removeStyleAttributes(html), `${siteConfig.site.base}assets/`);
    const folder = join(siteConfig.outDir, 'assets');
    await mkdir(folder, { recursive: true });
    for (const [name, code] of page.files) await writeFile(join(folder, name), code);
    return page.html;
  },
  async buildEnd({ outDir }) {
    await writeFile(join(outDir, 'assets', nameCodeColors()), codeColors.getCSS());
  },
});
