import type { Credentials } from '../services/sign-in/credentials.ts';
import type { Principal } from '../services/sign-in/principal.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { McpAnswerDependencies } from './answer-message.ts';
import type { RequestLimit } from '../http/request-limit.ts';
import { actAs } from '../services/audit/audit.ts';
import { actorOf, readBearer } from '../http/caller.ts';
import { requireOwnOrigin } from './own-origin.ts';
import { ServiceError } from '../platform/service-error.ts';

const path = '/mcp';
/** Limit for a tool call, whose arguments are short. */
const maxMessageBytes = 64 * 1024;

export interface McpDependencies extends McpAnswerDependencies {
  credentials: Credentials;
  requestLimit: RequestLimit;
}

/** Loads the SDK with the first call: most servers have no agents, and it takes 5 MB of memory. */
const loadAnswers = () => import('./answer-message.ts');

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
      const { answerMessage } = await loadAnswers();
      const response = await actAs(actorOf(request, principal), () =>
        answerMessage({ request, reply, principal }, dependencies),
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

async function send(reply: FastifyReply, response: Response): Promise<FastifyReply> {
  const body = await response.text();
  void reply.code(response.status).headers(Object.fromEntries(response.headers));
  return reply.send(body === '' ? undefined : body);
}

function isNotAuthenticated(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'not_authenticated';
}
