import type { FastifyInstance } from 'fastify';
import fastifyStatic from '@fastify/static';

const yearMilliseconds = 365 * 24 * 3600 * 1000;

/** A folder of built files, which are compressed already. */
export interface ServedFolder {
  root: string;
  /** URL path with a slash at both ends. */
  prefix: string;
  /**
   * `always`: names contain a content hash, so that browsers keep the files indefinitely. `checked`: browsers ask
   * each time whether the file changed.
   */
  cached: 'always' | 'checked';
  /** Added to each response. */
  headers?: Readonly<Record<string, string>>;
}

/** Serves the files of a folder in the encoding that the client accepts. */
export async function serveFolder(
  scope: FastifyInstance,
  { root, prefix, cached, headers = {} }: ServedFolder,
): Promise<void> {
  await scope.register(fastifyStatic, {
    root,
    prefix,
    decorateReply: false,
    // The documentation may be built later.
    suppressWarning: true,
    preCompressed: true,
    immutable: cached === 'always',
    maxAge: cached === 'always' ? yearMilliseconds : 0,
    index: false,
    setHeaders: (reply) => void reply.headers({ 'x-content-type-options': 'nosniff', ...headers }),
  });
}
