import type { ConsoleFiles } from './console-files.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ReadLivePosition } from '../services/live/read-live-position.ts';
import type { PagesDependencies } from '../pages/page-registry.ts';
import { randomBytes } from 'node:crypto';
import { actAs } from '../services/audit/audit.ts';
import { basePathOf } from '../http/base-url.ts';
import { strangerAt } from '../http/caller.ts';
import { refuseWrongBaseUrl } from '../http/base-url.ts';
import { openVisit } from '../pages/visit.ts';
import { pageHeaders } from '../pages/page-registry.ts';
import { serveFolder } from './serve-folder.ts';
import { ServiceError } from '../platform/service-error.ts';
import { takeSwapCode } from '../pages/swap-code.ts';

/** URLs of the console. Only the first segments are listed; the console's router handles the rest. */
const consolePaths = ['/', '/callback', '/w/*', '/organizations/*', '/account', '/system'];

export interface ConsoleDependencies extends PagesDependencies {
  /** Null if the console was not built; its URLs then say so. */
  files: ConsoleFiles | null;
  /** Reads the position in the changes of all workspaces after which the page fetches all its data. */
  readLivePosition: ReadLivePosition;
}

/**
 * Serves the console: one page for all its URLs, which contains no user data, and its files, which may be
 * cached indefinitely because their names contain a content hash.
 */
export function registerConsole(app: FastifyInstance, dependencies: ConsoleDependencies): void {
  const { files, services, publicUrl, readLivePosition } = dependencies;
  void app.register(async (scope) => {
    if (files) {
      await serveFolder(scope, { root: files.assetsFolder, prefix: '/assets/', cached: 'always' });
    }
    const show = async (request: FastifyRequest, reply: FastifyReply) => {
      const refusal = refuseWrongBaseUrl(request.url);
      if (refusal) throw refusal;
      if (!files) throw notBuilt();
      if (!new URLSearchParams(request.url.split('?')[1]).has('swap')) {
        return sendConsole(reply, files, { publicUrl, livePosition: await readLivePosition() });
      }
      return actAs(strangerAt(request), async () =>
        takeSwapCode(await openVisit(request, reply, { services, publicUrl }), services),
      );
    };
    for (const path of consolePaths) scope.get(path, show);
  });
}

/** Sends the console's page. The console itself shows a page for a URL that it does not know. */
export function sendConsole(
  reply: FastifyReply,
  files: ConsoleFiles,
  { publicUrl, livePosition }: { publicUrl: string | null; livePosition: string | null },
): FastifyReply {
  const basePath = `${basePathOf(publicUrl)}/`;
  const nonce = randomBytes(18).toString('base64');
  return reply
    .headers({
      ...pageHeaders,
      'content-security-policy': contentPolicy(nonce),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .type('text/html; charset=utf-8')
    .send(files.render({ basePath, nonce, livePosition }));
}

/**
 * Allows scripts and requests of this server only, and no inline scripts. Style elements need the nonce,
 * because Mantine creates some. Style attributes are forbidden (React sets styles through the DOM API, which
 * is not affected).
 */
function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function notBuilt(): ServiceError {
  return new ServiceError(
    'not_served',
    'The console was not built on this server. Run `npm run setup` where it was installed, and start it again.',
  );
}
