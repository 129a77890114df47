import { expect, it } from 'vitest';
import { mcpServerName, writeMcpSnippet } from './mcp-snippet.ts';

it('is the configuration of an MCP client, with a place for a key', () => {
  const snippet = writeMcpSnippet('jobs.shop.tools', 'http://tools-1.localhost:8081');
  expect(JSON.parse(snippet)).toEqual({
    mcpServers: {
      'shop-tools': {
        type: 'http',
        url: 'http://tools-1.localhost:8081/mcp',
        headers: { Authorization: 'Bearer <key>' },
      },
    },
  });
});

it.each([
  ['jobs.tools', 'tools'],
  ['jobs.my module.größe', 'my-module-gr-e'],
  ['jobs._.', '_'],
  ['jobs.…', 'app'],
])('names the server of %s as clients take it', (ref, name) => {
  expect(mcpServerName(ref)).toBe(name);
});
