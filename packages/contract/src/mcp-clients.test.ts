import { expect, it } from 'vitest';
import { addressForPrograms, mcpServerName, writeMcpSnippet } from './mcp-snippet.ts';

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

it('has the bare address while the app has no origin of its own', () => {
  const bareUrl = 'http://10.0.0.5:8090/tools-1';
  const addressOf = (url: string) => addressForPrograms({ url, bare_url: bareUrl });
  expect(addressOf('http://10.0.0.5:9100')).toBe('http://10.0.0.5:9100');
  expect(addressOf('http://10.0.0.5:8080/sign-in/app?app=1')).toBe(bareUrl);
});

it.each([
  ['jobs.tools', 'tools'],
  ['jobs.my module.größe', 'my-module-gr-e'],
  ['jobs._.', '_'],
  ['jobs.…', 'app'],
])('names the server of %s as clients take it', (ref, name) => {
  expect(mcpServerName(ref)).toBe(name);
});
