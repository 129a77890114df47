import type { AppResponse } from '@pumphouse/contract';

/** The app's own origin; while it has none and its address is a page for people, the one that needs none. */
export function addressForPrograms({
  url,
  bare_url: bareUrl,
}: Pick<AppResponse, 'url' | 'bare_url'>): string {
  return new URL(url).origin === url ? url : bareUrl;
}
