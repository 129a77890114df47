import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { ErrorResponse } from '@pumphouse/contract';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export type McpConnection = Awaited<ReturnType<typeof connectMcp>>;

/**
 * Connects the official client to a server's MCP endpoint.
 * @param url URL of the server
 */
export async function connectMcp(url: string, bearer: string) {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const headers = { authorization: `Bearer ${bearer}` };
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers } }));

  const call = async (name: string, args: object): Promise<CallToolResult> =>
    (await client.callTool({ name, arguments: { ...args } })) as CallToolResult;

  return {
    client,
    call,

    /** After this call, the client validates tool results against their schemas. */
    listTools: async () => (await client.listTools()).tools,

    /**
     * Calls a tool and returns its result.
     * @throws Error with the rejection
     */
    async ask<Answer = Record<string, unknown>>(name: string, args: object): Promise<Answer> {
      const result = await call(name, args);
      if (result.isError) throw new Error(`${name} was refused: ${readText(result)}`);
      return result.structuredContent as Answer;
    },

    /**
     * Returns a tool's rejection.
     * @throws Error if the call succeeds
     */
    async refusalOf(name: string, args: object): Promise<Pick<ErrorResponse, 'code' | 'detail'>> {
      const result = await call(name, args);
      if (!result.isError) throw new Error(`${name} was not refused`);
      const { code, detail } = JSON.parse(readText(result)) as ErrorResponse;
      return { code, detail };
    },

    close: () => client.close(),
  };
}

/** The first text of a result. */
export function readText({ content }: CallToolResult): string {
  const [first] = content;
  return first?.type === 'text' ? first.text : '';
}
