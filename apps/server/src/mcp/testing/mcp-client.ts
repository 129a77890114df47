import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { ErrorResponse } from '@pumphouse/contract';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export type McpConnection = Awaited<ReturnType<typeof connectMcp>>;

/** The official client at the MCP server of a Pumphouse server. @param url of the server */
export async function connectMcp(url: string, bearer: string) {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const headers = { authorization: `Bearer ${bearer}` };
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers } }));

  const call = async (name: string, args: object): Promise<CallToolResult> =>
    (await client.callTool({ name, arguments: { ...args } })) as CallToolResult;

  return {
    client,
    call,

    /** From then on the client checks what tools answer by their schemas. */
    listTools: async () => (await client.listTools()).tools,

    /** What a tool answers. @throws Error with what it was refused with */
    async ask<Answer = Record<string, unknown>>(name: string, args: object): Promise<Answer> {
      const result = await call(name, args);
      if (result.isError) throw new Error(`${name} was refused: ${readText(result)}`);
      return result.structuredContent as Answer;
    },

    /** What a tool is refused with. @throws Error when it is not */
    async refusalOf(name: string, args: object): Promise<Pick<ErrorResponse, 'code' | 'detail'>> {
      const result = await call(name, args);
      if (!result.isError) throw new Error(`${name} was not refused`);
      const { code, detail } = JSON.parse(readText(result)) as ErrorResponse;
      return { code, detail };
    },

    close: () => client.close(),
  };
}

/** The first text of an answer. */
export function readText({ content }: CallToolResult): string {
  const [first] = content;
  return first?.type === 'text' ? first.text : '';
}
