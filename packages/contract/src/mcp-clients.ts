/** How to connect one MCP client to an app. */
export interface McpSetup {
  client: string;
  /** A sentence that says where to put the text. */
  where: string;
  text: string;
}

/** The URL at which dlt's launcher serves MCP. */
export const mcpAddress = (origin: string) => `${origin}/mcp`;

/** Clients accept letters, digits, `_` and `-` in server names. */
export const mcpServerName = (name: string) =>
  name
    .replace(/^jobs\./, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '') || 'app';

/**
 * Setups for common MCP clients, with `<key>` in place of a key.
 * @param name name of the app, such as its job ref
 * @param origin of the app, without a trailing slash
 */
export function listMcpSetups(name: string, origin: string): McpSetup[] {
  const server = mcpServerName(name);
  const url = mcpAddress(origin);
  const headers = { Authorization: 'Bearer <key>' };
  const write = (content: object) => JSON.stringify(content, null, 2);
  return [
    {
      client: 'Claude Code',
      where: 'Run this command in a terminal.',
      text: `claude mcp add --transport http ${server} ${url} --header "Authorization: Bearer <key>"`,
    },
    {
      client: 'Claude Desktop',
      where: 'Add this to claude_desktop_config.json. It needs Node.js.',
      text: write({
        mcpServers: {
          [server]: {
            command: 'npx',
            // Arguments are split at spaces on Windows, so pass the header's value in a variable.
            args: ['-y', 'mcp-remote', url, '--header', 'Authorization:${AUTHORIZATION}', '--allow-http'],
            env: { AUTHORIZATION: 'Bearer <key>' },
          },
        },
      }),
    },
    {
      client: 'Cursor',
      where: 'Add this to .cursor/mcp.json of the project, or to ~/.cursor/mcp.json.',
      text: write({ mcpServers: { [server]: { url, headers } } }),
    },
    {
      client: 'VS Code',
      where: 'Add this to .vscode/mcp.json of the project.',
      text: write({ servers: { [server]: { type: 'http', url, headers } } }),
    },
    {
      client: 'Other clients',
      where: 'Most clients read a file like this.',
      text: write({ mcpServers: { [server]: { type: 'http', url, headers } } }),
    },
  ];
}
