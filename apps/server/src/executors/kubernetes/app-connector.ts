import { connect, type Socket } from 'node:net';
import type { AppConnector } from '../contract/app-connector.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { readHandle } from './attempt-handle.ts';
import type { Attempts } from './attempts.ts';
import { messageOf } from './cluster-error.ts';
import type { KubernetesBackend } from './kubernetes-backend.ts';
import { labels } from './names.ts';
import { findRunState } from './short-pod.ts';

const connectMs = 10_000;
const maxPort = 32_767;

/** Connects to the addresses of pods, which only the server may reach by a network policy. */
export function createAppConnector(backend: KubernetesBackend, attempts: Attempts): AppConnector {
  return {
    connect: (handle, port) =>
      backend.withCluster('The app cannot be reached', async (connection) => {
        if (!Number.isInteger(port) || port < 1 || port > maxPort)
          throw new ExecutorError('backend', `An app cannot listen on port ${port}.`);
        const data = readHandle(handle);
        if ('elsewhere' in data) throw new ExecutorError('backend', data.elsewhere);
        if (data.place !== connection.place)
          throw new ExecutorError('backend', 'The app runs in another cluster or namespace.');
        const pod = await attempts.require(connection, data);
        const address = pod?.status?.podIP;
        if (pod === null || address === undefined || !findRunState(pod)?.running)
          throw new ExecutorError('backend', 'The app does not run.');
        if (pod.metadata.labels?.[labels.network] !== 'isolated')
          throw new ExecutorError('backend', 'The attempt is no app.');
        return open(address, port);
      }),
  };
}

function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, keepAlive: true });
    const giveUp = setTimeout(() => socket.destroy(new Error('it does not answer')), connectMs);
    socket.once('connect', () => {
      clearTimeout(giveUp);
      resolve(socket);
    });
    // Stays, so that a later error is only seen as `close`.
    socket.on('error', (error) => {
      clearTimeout(giveUp);
      const message = `The app cannot be reached at port ${port}: ${messageOf(error)}`;
      reject(new ExecutorError('backend', message, { cause: error }));
    });
  });
}
