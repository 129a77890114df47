import { basePathOf } from '../http/base-url.ts';

/**
 * Reads where to return after signing in: a path of this server with query and hash; null for anything else.
 * The value is untrusted, so anything that browsers could read as another host is rejected, such as `//host`,
 * `/\host` or embedded tabs.
 * @param origin origin of this server, including its path prefix
 */
export function readReturnTo(text: string | null | undefined, origin: string): string | null {
  if (!text?.startsWith('/') || /[\\\s\p{Cc}]/u.test(text)) return null;
  const own = new URL(origin);
  if (!URL.canParse(text, own.href)) return null;
  const target = new URL(text, own);
  const below = basePathOf(origin);
  const isBelow = below === '' || target.pathname === below || target.pathname.startsWith(`${below}/`);
  return target.origin === own.origin && isBelow && !target.pathname.startsWith('//')
    ? `${target.pathname}${target.search}${target.hash}`
    : null;
}
