import type { FastifyInstance, FastifyRequest } from 'fastify';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** A smaller response fits into one or two packets, and gzip would save little. */
const minCompressedLength = 1024;
/** Paths of the API. The console's files are compressed when they are built. */
const apiPath = /^\/(?:api|pumphouse)\//;
/**
 * The link of a public app contains a secret. A run's code chooses other texts of such a response, and could guess
 * the secret from the compressed size, so the response is not compressed.
 */
const publicLink = /"public_(?:url|link)":(?!null)/;

/**
 * Compresses JSON that `GET` operations return, if the client accepts gzip. Streams, such as live events and
 * downloads, are never buffered, and pages, which have cookies and form tokens, are sent as they are.
 */
export function addCompression(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const type = String(reply.getHeader('content-type') ?? '');
    const mayCompress =
      request.method === 'GET' && apiPath.test(request.url) && type.startsWith('application/json');
    if (!mayCompress || typeof payload !== 'string' || payload.length < minCompressedLength) return payload;
    reply.header('vary', joinVary(reply.getHeader('vary')));
    const isEncoded = reply.hasHeader('content-encoding');
    if (isEncoded || !acceptsGzip(request) || publicLink.test(payload)) return payload;
    const compressed = await compress(payload);
    // Fastify measured the text.
    reply.removeHeader('content-length').header('content-encoding', 'gzip');
    return compressed;
  });
}

function joinVary(vary: number | string | string[] | undefined): string {
  const name = 'accept-encoding';
  return vary === undefined ? name : [vary, name].flat().join(', ');
}

/** A weight of 0 refuses an encoding. */
function acceptsGzip({ headers }: FastifyRequest): boolean {
  const accepted = (headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.split(';').map((token) => token.trim()));
  const weightOf = (name: string) => {
    const found = accepted.find(([encoding]) => encoding === name);
    if (!found) return null;
    const weight = found.find((token) => token.startsWith('q='));
    return weight === undefined ? 1 : Number(weight.slice(2));
  };
  return (weightOf('gzip') ?? weightOf('*') ?? 0) > 0;
}
