import type { DocsFiles } from './docs-files.ts';
import type { FastifyInstance } from 'fastify';
import { join } from 'node:path';
import { basePathOf } from '../http/base-url.ts';
import { html } from '../pages/html.ts';
import { contentPolicy, pageHeaders } from '../pages/page-registry.ts';
import { renderPage } from '../pages/layout.ts';
import { serveFolder } from './serve-folder.ts';

export interface DocsDependencies {
  /** Null if the documentation was not built; `/docs` then says how to build it. */
  docs: DocsFiles | null;
  publicUrl: string | null;
}

/** Allows scripts, styles and the search index of this server only, and nothing inline. */
const docsPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const htmlType = 'text/html; charset=utf-8';

/** Serves the built documentation at `/docs`, without sign-in: it contains no data of this server. */
export function registerDocs(app: FastifyInstance, { docs, publicUrl }: DocsDependencies): void {
  const basePath = basePathOf(publicUrl);
  const url = `${basePath}/docs/`;
  void app.register(
    async (scope) => {
      if (docs?.base !== url) return registerHowToBuild(scope, basePath);
      const headers = { ...pageHeaders, 'content-security-policy': docsPolicy };
      // `/docs` and `/docs/`: the static plugin does not find the compressed index of a folder.
      scope.get('/', async (_, reply) => reply.redirect(`${url}index.html`));
      scope.setNotFoundHandler((_, reply) =>
        reply
          .code(404)
          .headers({ ...headers, 'x-content-type-options': 'nosniff' })
          .type(htmlType)
          .send(docs.notFoundPage),
      );
      await serveFolder(scope, { root: join(docs.folder, 'assets'), prefix: '/assets/', cached: 'always' });
      await serveFolder(scope, { root: docs.folder, prefix: '/', cached: 'checked', headers });
    },
    { prefix: '/docs' },
  );
}

/** Says how to build the documentation, for each of its URLs. */
function registerHowToBuild(scope: FastifyInstance, basePath: string): void {
  const command = `npm run build:docs${basePath === '' ? '' : ` -- --base ${basePath}/docs/`}`;
  const page = renderPage(
    {
      title: 'Documentation is not built',
      body: html`<p>
        The documentation was not built for this server. Run <code>${command}</code> in the folder where
        Pumphouse was installed, and start the server again. The same pages are Markdown files in the folder
        <code>docs</code>.
      </p>`,
    },
    (path) => `${basePath}${path}`,
  ).text;
  for (const path of ['', '/*']) {
    scope.get(path, async (_, reply) =>
      reply
        .code(501)
        .headers({ ...pageHeaders, 'content-security-policy': contentPolicy(), 'cache-control': 'no-store' })
        .type(htmlType)
        .send(page),
    );
  }
}
