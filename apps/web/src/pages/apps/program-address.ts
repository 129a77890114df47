import type { AppResponse } from '@pumphouse/contract';

/**
 * URL for programs: the app's own origin, or the bare URL if the app has none and its URL is a page for
 * users.
 */
export function addressForPrograms({
  url,
  bare_url: bareUrl,
}: Pick<AppResponse, 'url' | 'bare_url'>): string {
  return new URL(url).origin === url ? url : bareUrl;
}
