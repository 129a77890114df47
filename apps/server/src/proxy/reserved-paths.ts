/** Reserved paths on each app's host, and return paths after signing in. */
import { readReturnTo } from '../pages/return-to.ts';

const reserved = '-pumphouse';
const maxEncodings = 3;

/** A reserved path on an app's host. */
export const at = (path: string) => `/${reserved}${path}`;

/**
 * Whether a path is reserved, even for servers that parse paths more leniently than browsers: with encoded
 * letters and slashes, `..`, and doubled slashes. None of these reach an app.
 */
export function isReserved(path: string): boolean {
  let text = path;
  if (firstSegment(text.split('/')) === reserved) return true;
  for (let round = 0; round < maxEncodings; round += 1) {
    text = decodeOnce(text);
    if (firstSegment(resolveDots(text)) === reserved) return true;
  }
  return false;
}

export function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** The code that the client adds to a URL, and the URL without it; null without a code. */
export function readSwapCode(url: string): { code: string; rest: string } | null {
  const { path, query } = splitUrl(url);
  const parts = query.split('&');
  const swap = parts.find((part) => part.startsWith('swap='));
  if (swap === undefined) return null;
  const rest = parts.filter((part) => part !== 'swap' && !part.startsWith('swap=')).join('&');
  return { code: decodeParameter(swap.slice('swap='.length)), rest: rest === '' ? path : `${path}?${rest}` };
}

/** A return path in the app, or its start page; never another host. */
export function localPath(text: string | null, origin: string): string {
  return readReturnTo(text, origin) ?? '/';
}

function decodeParameter(text: string): string {
  return new URLSearchParams(`value=${text}`).get('value') ?? '';
}

function decodeOnce(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function resolveDots(path: string): string[] {
  const resolved: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..') resolved.pop();
    else if (part !== '.' && part !== '') resolved.push(part);
  }
  return resolved;
}

/** Ignores what some servers treat as path parameters. */
function firstSegment(segments: readonly string[]): string {
  const [first = ''] = segments.filter((segment) => segment !== '');
  return first.split(';', 1)[0]?.toLowerCase() ?? '';
}
