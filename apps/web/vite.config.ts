import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { compressFile } from './build/compress-file.ts';

/**
 * Modules used by at least this many pages go into one shared chunk, which each page loads. With fewer, pages load
 * 25 kB that they do not use; with more, they load 30 files.
 */
const pagesThatShare = 7;

const jsonSchemaModules = /zod\/v4\/core\/(?:json-schema-processors|to-json-schema)\.js$/;

/** Leaves out how zod writes JSON schemas, 6 kB: only the server does, for OpenAPI. */
function withoutJsonSchemas(): Plugin {
  return {
    name: 'without-json-schemas',
    apply: 'build',
    transform(code, id) {
      if (!jsonSchemaModules.test(id)) return null;
      const names = [...code.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name);
      const refuse = `const refuse = () => () => { throw new Error('The console writes no JSON schemas'); };`;
      return {
        code: [refuse, ...names.map((name) => `export const ${name} = refuse;`)].join('\n'),
        map: null,
      };
    },
  };
}

const fontFile = /inter-latin-(?:400|600)-normal-.*\.woff2$/;

/**
 * Loads the fonts together with the script. A browser asks for them only when it renders text, and the page would
 * move when they arrive.
 */
function preloadFonts(): Plugin {
  return {
    name: 'preload-fonts',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((name) => fontFile.test(name))
          .map((name) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `./${name}`, crossorigin: true },
            injectTo: 'head',
          })),
    },
  };
}

const compressed = /\.(?:js|css|svg)$/;

/** Compresses files at build time, so that the server only reads files. */
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

export default defineConfig({
  // File URLs are relative to the page's <base>, since a server may be hosted below a path.
  base: './',
  // The server replaces it with a new nonce in each response.
  html: { cspNonce: '{{nonce}}' },
  plugins: [react(), withoutJsonSchemas(), preloadFonts(), precompress()],
  build: {
    target: 'es2022',
    // The polyfill would be an inline script, which the content security policy forbids.
    modulePreload: { polyfill: false },
    sourcemap: false,
    // What each page loads, for the test of its size.
    manifest: true,
    // Packages of the server contain the console, and with it the licenses of its libraries.
    license: { fileName: 'LICENSES.md' },
    chunkSizeWarningLimit: 1000,
    // Few chunks: a browser fetches six files at a time, so a page of forty small files waits for round
    // trips.
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
