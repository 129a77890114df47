import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** What at least so many pages need is in one file, which the first of them brings. */
const pagesThatShare = 3;

const compressed = /\.(?:js|css|svg)$/;

/** Compressed once when it is built, so that the server reads files and computes nothing. */
function precompress(): Plugin {
  let folder = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved: (config) => void (folder = join(config.root, config.build.outDir, 'assets')),
    async closeBundle() {
      const names = (await readdir(folder)).filter((name) => compressed.test(name));
      await Promise.all(names.map((name) => compressFile(join(folder, name))));
    },
  };
}

async function compressFile(path: string): Promise<void> {
  const content = await readFile(path);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(content, quality));
  await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
}

export default defineConfig({
  // Addresses of files are relative to the page's <base>, since a server may lie under a path.
  base: './',
  // The server puts a nonce of its own into each answer.
  html: { cspNonce: '{{nonce}}' },
  plugins: [react(), precompress()],
  build: {
    target: 'es2022',
    // The polyfill would be an inline script, which the content policy forbids.
    modulePreload: { polyfill: false },
    sourcemap: false,
    chunkSizeWarningLimit: 1000,
    // Few files: a browser asks for six at a time, and a page of forty small ones waits for their round trips.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'start', tags: ['$initial'] },
            { name: 'shared', minShareCount: pagesThatShare },
          ],
        },
      },
    },
  },
});
