import type { AppResponse } from '@pumphouse/contract';

/** The app's own origin; where it has none yet, and its address is a page for people, the one that needs none. */
export function addressForPrograms({
  url,
  bare_url: bareUrl,
}: Pick<AppResponse, 'url' | 'bare_url'>): string {
  return new URL(url).origin === url ? url : bareUrl;
}

/** The last part of the address at which dlt's launcher serves MCP. */
export const mcpAddress = (origin: string) => `${origin}/mcp`;

/** Clients take letters, digits, `_` and `-` in the names of servers. */
export const mcpServerName = (jobRef: string) =>
  jobRef
    .replace(/^jobs\./, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '') || 'app';

/** The configuration that MCP clients take, with a place for a key. @param origin of the app, without a slash at its end */
export function writeMcpSnippet(jobRef: string, origin: string): string {
  const server = { type: 'http', url: mcpAddress(origin), headers: { Authorization: 'Bearer <key>' } };
  return JSON.stringify({ mcpServers: { [mcpServerName(jobRef)]: server } }, null, 2);
}
