/** What on each app's host is ours, and the addresses that lead people back to where they wanted to go. */
import { readReturnTo } from '../pages/return-to.ts';

const reserved = '-pumphouse';
const mostEncodings = 3;

/** An address of ours on the host of an app. */
export const at = (path: string) => `/${reserved}${path}`;

/**
 * Whether a path is ours, or could be to a server that reads it more freely than browsers do: with encoded letters and slashes, with
 * `..` and doubled slashes. An app gets none of these.
 */
export function isReserved(path: string): boolean {
  let text = path;
  if (firstSegment(text.split('/')) === reserved) return true;
  for (let round = 0; round < mostEncodings; round += 1) {
    text = decodeOnce(text);
    if (firstSegment(resolveDots(text)) === reserved) return true;
  }
  return false;
}

export function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** The code that the client puts into an address, and the address without it; null where there is none. */
export function readSwapCode(url: string): { code: string; rest: string } | null {
  const { path, query } = splitUrl(url);
  const parts = query.split('&');
  const swap = parts.find((part) => part.startsWith('swap='));
  if (swap === undefined) return null;
  const rest = parts.filter((part) => part !== 'swap' && !part.startsWith('swap=')).join('&');
  return { code: decodeParameter(swap.slice('swap='.length)), rest: rest === '' ? path : `${path}?${rest}` };
}

/** A path of the app to go on to, or its first page: never another host. */
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

/** Without what some servers take for parameters of a segment. */
function firstSegment(segments: readonly string[]): string {
  const [first = ''] = segments.filter((segment) => segment !== '');
  return first.split(';', 1)[0]?.toLowerCase() ?? '';
}
