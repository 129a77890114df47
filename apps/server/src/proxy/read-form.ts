import type { IncomingMessage } from 'node:http';

const maxFormBytes = 16 * 1024;
const formMs = 30_000;

/** @returns the fields of a form; null if it is too large, too slow, or not a form */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) return null;
  const timer = setTimeout(() => request.destroy(), formMs);
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxFormBytes) return null;
      chunks.push(chunk);
    }
    return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
