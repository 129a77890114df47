/** Connects to an app of a worker through the server that has the connection of the worker. */
import type { AppConnectionProofs, AppTarget } from './app-connection-proof.ts';
import type { Duplex } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { request as openRequest } from 'node:http';
import { answerHeader, appConnectionPath, appConnectionProtocol } from './app-connection-proof.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { parseHostPort } from '../../platform/host-port.ts';

export interface OtherServer {
  serverId: string;
  /** Host and port. */
  address: string;
  /** The clock of the database. */
  now: Date;
}

const connectMs = 3000;
/** Above the time that a server gives its worker. */
const answerMs = 35_000;
/** The headers of a request have at most 16 KiB. */
const maxTargetBytes = 10_000;
const maxErrorBytes = 16_384;
const keepAliveMs = 15_000;

/** @throws ExecutorError backend, if the server is away, is another one, or does not reach the app */
export async function connectThroughServer(
  { serverId, address, now }: OtherServer,
  target: AppTarget,
  proofs: AppConnectionProofs,
): Promise<Duplex> {
  const { host, port } = parseHostPort(address) ?? {};
  if (host === undefined || port == null)
    throw new ExecutorError('config', `${address} is no address of a server.`);
  const call = proofs.createCall(serverId, target, now);
  if (call.headers['pumphouse-app'].length > maxTargetBytes)
    throw new ExecutorError('backend', 'The handle of the attempt is too long for another server.');
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const socket = connect({
    host,
    port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  });
  const fail = (detail: string) => {
    clearTimeout(timer);
    socket.destroy();
    reject(
      new ExecutorError(
        'backend',
        `The server at ${address}, which has the connection of the worker, ${detail}`,
      ),
    );
  };
  let timer = setTimeout(() => fail(`does not accept connections within ${connectMs / 1000} s.`), connectMs);
  socket.once('connect', () => {
    clearTimeout(timer);
    timer = setTimeout(() => fail(`has not answered within ${answerMs / 1000} s.`), answerMs);
  });
  const request = openRequest({
    host,
    port,
    path: appConnectionPath,
    headers: { ...call.headers, connection: 'Upgrade', upgrade: appConnectionProtocol },
    createConnection: () => socket,
  });
  request.on('error', (error) => fail(`cannot be reached: ${error.message}`));
  request.on('response', (answer) => {
    void readError(answer).then(
      (detail) => fail(`refused: ${detail}`),
      (error: unknown) => fail(`refused: ${String(error)}`),
    );
  });
  request.on('upgrade', (answer, _socket, head) => {
    // A stranger may have the address of a server that is gone.
    if (!call.isAnswer(answer.headers[answerHeader])) return fail('is not a server of this installation.');
    clearTimeout(timer);
    // Stays, so that a later error is only seen as `close`.
    socket.on('error', () => undefined);
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  request.end();
  return promise;
}

async function readError(answer: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of answer.setEncoding('utf8')) {
    body += String(piece);
    if (body.length > maxErrorBytes) break;
  }
  return `${answer.statusCode} ${body.slice(0, 500)}`;
}
