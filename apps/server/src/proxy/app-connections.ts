/** Connections to apps: kept alive for the next request as long as the same process serves the app. */
import type { App, AppState } from './app-gate.ts';
import type { AppsLimits } from './limits.ts';
import type { ClientRequest } from 'node:http';
import { Duplex } from 'node:stream';
import { Agent } from 'node:http';
import { Socket } from 'node:net';

export type ReadyApp = Extract<AppState, { kind: 'ready' }>;
type GiveSocket = (error: Error | null, stream: Duplex) => void;

const maxKept = 32;

/**
 * An HTTP agent whose connections come from the gate, over whatever transport reaches the app; they need not
 * be Node sockets.
 */
class InstanceAgent extends Agent {
  ready: ReadyApp;
  #isRetired = false;
  readonly #reuseMs: number;
  readonly #kept = new Map<Duplex, () => void>();

  constructor(ready: ReadyApp, reuseMs: number) {
    super({ keepAlive: true, maxFreeSockets: maxKept });
    this.ready = ready;
    this.#reuseMs = reuseMs;
  }

  override createConnection(_options: unknown, callback?: GiveSocket): undefined {
    void openConnection(this.ready, callback ?? (() => undefined));
  }

  /**
   * @returns whether the connection is kept. A connection that sent unsolicited data is dropped, because the
   * next visitor would get that data as a response.
   */
  override keepSocketAlive(socket: Duplex): boolean {
    if (this.#isRetired || socket.readableLength > 0) return false;
    const drop = () => socket.destroy();
    const timer = setTimeout(drop, this.#reuseMs);
    timer.unref();
    const release = () => {
      clearTimeout(timer);
      socket.off('data', drop).off('close', release);
      this.#kept.delete(socket);
    };
    // Node watches idle connections only if they are its own sockets.
    if (!(socket instanceof Socket)) socket.on('data', drop);
    socket.on('close', release);
    this.#kept.set(socket, release);
    return true;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    this.#kept.get(socket)?.();
    super.reuseSocket(socket, request);
  }

  /** Lets requests in progress finish, and keeps no more connections. */
  retire(): void {
    this.#isRetired = true;
    for (const socket of this.#kept.keys()) socket.destroy();
  }
}

export function createAppConnections({ reuseMs }: Pick<AppsLimits, 'reuseMs'>) {
  const agents = new Map<string, InstanceAgent>();

  return {
    agentOf({ jobId }: App, ready: ReadyApp): Agent {
      const known = agents.get(jobId);
      if (known?.ready.instance === ready.instance) {
        known.ready = ready;
        return known;
      }
      known?.retire();
      const agent = new InstanceAgent(ready, reuseMs);
      agents.set(jobId, agent);
      return agent;
    },

    /** Drops the connections of an app that no longer answers. */
    forget({ jobId }: App): void {
      agents.get(jobId)?.retire();
      agents.delete(jobId);
    },

    destroy(): void {
      for (const agent of agents.values()) {
        agent.retire();
        agent.destroy();
      }
      agents.clear();
    },
  };
}

export type AppConnections = ReturnType<typeof createAppConnections>;

/** `createConnection` of node:http for a single request. */
export function connectOnce(ready: ReadyApp) {
  return (_options: unknown, give: GiveSocket): undefined => {
    void openConnection(ready, give);
  };
}

/** The app no longer accepts connections. Nothing of the request was sent. */
export class UnreachedError extends Error {}

async function openConnection(ready: ReadyApp, give: GiveSocket): Promise<void> {
  let stream: Duplex;
  try {
    stream = await ready.connect();
  } catch (error) {
    // Node checks the error first and then ignores the stream.
    give(new UnreachedError('The app accepts no connection', { cause: error }), new Duplex());
    return;
  }
  // The connection may break before the caller adds an error listener.
  stream.on('error', () => undefined);
  give(null, addSocketMethods(stream));
}

const socketMethods = ['ref', 'unref', 'setKeepAlive', 'setNoDelay', 'setTimeout'] as const;

/** Adds the socket methods that Node calls on any connection. */
function addSocketMethods(stream: Duplex): Duplex {
  for (const name of socketMethods) if (!(name in stream)) Object.assign(stream, { [name]: () => stream });
  return stream;
}
