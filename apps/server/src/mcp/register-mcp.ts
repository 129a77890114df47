import type { Credentials } from '../services/sign-in/credentials.ts';
import type { Principal } from '../services/sign-in/principal.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { RequestLimit } from '../http/request-limit.ts';
import type { createOperationCalls } from '../api/call-operation.ts';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { actAs } from '../services/audit/audit.ts';
import { originOf } from '../http/base-url.ts';
import { actorOf, readBearer } from '../http/caller.ts';
import { createMcpServer } from './mcp-server.ts';
import { requireOwnOrigin } from './own-origin.ts';
import { ServiceError } from '../platform/service-error.ts';
import { logFailure } from '../http/send-error.ts';
import { toErrorAnswer } from '../http/errors.ts';

const path = '/mcp';
/** Limit for a tool call, whose arguments are short. */
const maxMessageBytes = 64 * 1024;
/** The request headers that the transport reads. */
const passedHeaders = ['accept', 'content-type', 'mcp-protocol-version'];

export interface McpDependencies {
  credentials: Credentials;
  callsFor: ReturnType<typeof createOperationCalls>;
  publicUrl: string | null;
  requestLimit: RequestLimit;
  log: Logger;
}

/**
 * Registers the MCP server: read-only tools for the agent of a user with a key. It is stateless and sends
 * nothing on its own, so there is no stream to open (GET) and no session to end (DELETE).
 */
export function registerMcp(app: FastifyInstance, dependencies: McpDependencies): void {
  const { credentials, publicUrl, requestLimit } = dependencies;
  const principals = new WeakMap<FastifyRequest, Principal>();

  void app.register(async (scope) => {
    // Authenticate before reading any of the body.
    scope.addHook('onRequest', async (request, reply) => {
      requireOwnOrigin(request, publicUrl);
      try {
        principals.set(request, await credentials.authenticateUser(readBearer(request)));
      } catch (error) {
        await requestLimit.countRejected(request);
        if (isNotAuthenticated(error)) void reply.header('www-authenticate', 'Bearer');
        throw error;
      }
      await requestLimit.count(request, principals.get(request) ?? { kind: 'anonymous' });
    });

    scope.post(path, { bodyLimit: maxMessageBytes }, async (request, reply) => {
      const principal = principals.get(request);
      if (!principal) throw new Error('The caller of the MCP server was not authenticated');
      // Newer protocol versions have no batches, and a batch would be a flood in a single request.
      if (Array.isArray(request.body))
        throw new ServiceError('invalid_request', 'Send one message per request.');
      const response = await actAs(actorOf(request, principal), () =>
        answer({ request, reply, principal }, dependencies),
      );
      return send(reply, response);
    });

    scope.route({
      method: ['GET', 'DELETE'],
      url: path,
      handler: async (_request, reply) => {
        const error = {
          code: -32_000,
          message: 'Method not allowed: this server supports neither streams nor sessions.',
        };
        return reply.code(405).header('allow', 'POST').send({ jsonrpc: '2.0', error, id: null });
      },
    });
  });
}

interface McpCall {
  request: FastifyRequest;
  reply: FastifyReply;
  principal: Principal;
}

async function answer(caller: McpCall, { callsFor, publicUrl, log }: McpDependencies): Promise<Response> {
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
    const message = new Request(`http://127.0.0.1${path}`, { method: 'POST', headers });
    return await transport.handleRequest(message, { parsedBody: request.body });
  } finally {
    await server.close();
  }
}

async function send(reply: FastifyReply, response: Response): Promise<FastifyReply> {
  const body = await response.text();
  void reply.code(response.status).headers(Object.fromEntries(response.headers));
  return reply.send(body === '' ? undefined : body);
}

function isNotAuthenticated(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'not_authenticated';
}
