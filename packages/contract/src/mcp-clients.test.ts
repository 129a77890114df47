import { expect, it } from 'vitest';
import { listMcpSetups, mcpServerName } from './mcp-clients.ts';

const url = 'http://tools-1.localhost:8081/mcp';
const headers = { Authorization: 'Bearer <key>' };
const setups = new Map(
  listMcpSetups('jobs.shop.tools', 'http://tools-1.localhost:8081').map(({ client, text }) => [client, text]),
);
const configurationOf = (client: string): unknown => JSON.parse(setups.get(client) ?? '');

it('describes the setup of common MCP clients, with a placeholder for a key', () => {
  expect(setups.get('Claude Code')).toBe(
    `claude mcp add --transport http shop-tools ${url} --header "Authorization: Bearer <key>"`,
  );
  expect(configurationOf('Claude Desktop')).toMatchObject({
    mcpServers: { 'shop-tools': { command: 'npx', env: { AUTHORIZATION: 'Bearer <key>' } } },
  });
  expect(configurationOf('Cursor')).toEqual({ mcpServers: { 'shop-tools': { url, headers } } });
  expect(configurationOf('VS Code')).toEqual({ servers: { 'shop-tools': { type: 'http', url, headers } } });
  expect(configurationOf('Other clients')).toEqual({
    mcpServers: { 'shop-tools': { type: 'http', url, headers } },
  });
});

it.each([
  ['jobs.tools', 'tools'],
  ['jobs.my module.größe', 'my-module-gr-e'],
  ['jobs._.', '_'],
  ['jobs.…', 'app'],
])('names the server of %s in a form that clients accept', (ref, name) => {
  expect(mcpServerName(ref)).toBe(name);
});
