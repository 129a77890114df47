import type { Principal } from '../services/sign-in/principal.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { CallReadOperation, OnBehalf } from '../api/call-operation.ts';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { createMcpServer } from './mcp-server.ts';
import { logFailure } from '../http/send-error.ts';
import { originOf } from '../http/base-url.ts';
import { toErrorAnswer } from '../http/errors.ts';

/** The request headers that the transport reads. */
const passedHeaders = ['accept', 'content-type', 'mcp-protocol-version'];

export interface McpAnswerDependencies {
  callsFor: (caller: OnBehalf) => CallReadOperation;
  publicUrl: string | null;
  log: Logger;
}

interface McpCall {
  request: FastifyRequest;
  reply: FastifyReply;
  principal: Principal;
}

/** Answers one message of a caller with a server of its own. */
export async function answerMessage(
  caller: McpCall,
  { callsFor, publicUrl, log }: McpAnswerDependencies,
): Promise<Response> {
  const { request } = caller;
  const origin = originOf(request, publicUrl);
  const server = createMcpServer({ call: callsFor({ ...caller, origin }), origin }, (error) => {
    const { body, isUnexpected } = toErrorAnswer(error, request.id);
    if (isUnexpected) logFailure(error, request, log, 'a call of an MCP tool failed');
    return body;
  });
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport);
  try {
    const headers = passedHeaders.flatMap((name): [string, string][] => {
      const value = request.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    const message = new Request('http://127.0.0.1/mcp', { method: 'POST', headers });
    return await transport.handleRequest(message, { parsedBody: request.body });
  } finally {
    await server.close();
  }
}
