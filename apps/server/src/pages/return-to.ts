import { basePathOf } from '../http/base-url.ts';

/**
 * Reads where to return after signing in: a path of this server with its query and hash, null for anything else. The author of the link
 * chose it, so nothing passes that a browser takes for another host, such as `//host`, `/\host` or a tab in between.
 * @param origin of this server with the path that it lies under
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
