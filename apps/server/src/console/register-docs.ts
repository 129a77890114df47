import type { FastifyInstance, FastifyReply } from 'fastify';
import { join } from 'node:path';
import { basePathOf } from '../http/base-url.ts';
import { html } from '../pages/html.ts';
import { contentPolicy, pageHeaders } from '../pages/page-registry.ts';
import { renderPage } from '../pages/layout.ts';
import { openDocsFiles } from './docs-files.ts';
import { serveFolder } from './serve-folder.ts';

export interface DocsDependencies {
  /** Where the documentation is built; until it is, `/docs` says how to build it. */
  docsFolder: string;
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
export function registerDocs(app: FastifyInstance, { docsFolder, publicUrl }: DocsDependencies): void {
  const basePath = basePathOf(publicUrl);
  const url = `${basePath}/docs/`;
  void app.register(
    async (scope) => {
      const explainBuild = describeBuild(basePath);
      // Asked for each request until it is built: a build needs no restart.
      let isBuilt = false;
      scope.addHook('onRequest', async (_, reply) => {
        isBuilt ||= openDocsFiles(docsFolder)?.base === url;
        if (!isBuilt) await explainBuild(reply);
      });
      const headers = { ...pageHeaders, 'content-security-policy': docsPolicy };
      // `/docs` and `/docs/`: the static plugin does not find the compressed index of a folder.
      scope.get('/', async (_, reply) => reply.redirect(`${url}index.html`));
      scope.setNotFoundHandler((_, reply) =>
        reply
          .code(404)
          .headers({ ...headers, 'x-content-type-options': 'nosniff' })
          .type(htmlType)
          .send(openDocsFiles(docsFolder)?.notFoundPage),
      );
      await serveFolder(scope, { root: join(docsFolder, 'assets'), prefix: '/assets/', cached: 'always' });
      await serveFolder(scope, { root: docsFolder, prefix: '/', cached: 'checked', headers });
    },
    { prefix: '/docs' },
  );
}

/** Makes the answer that says how to build the documentation. */
function describeBuild(basePath: string): (reply: FastifyReply) => Promise<FastifyReply> {
  const command = `npm run build:docs${basePath === '' ? '' : ` -- --base ${basePath}/docs/`}`;
  const page = renderPage(
    {
      title: 'Documentation is not built',
      body: html`<p>
        The documentation was not built for this server. Run <code>${command}</code> in the folder where
        Pumphouse was installed. The same pages are Markdown files in the folder <code>docs</code>.
      </p>`,
    },
    (path) => `${basePath}${path}`,
  ).text;
  return async (reply) =>
    reply
      .code(501)
      .headers({ ...pageHeaders, 'content-security-policy': contentPolicy(), 'cache-control': 'no-store' })
      .type(htmlType)
      .send(page);
}
