/** Connections to apps: kept open for the next request, as long as the same process answers. */
import type { App, AppState } from './app-gate.ts';
import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { Agent } from 'node:http';
import { Socket } from 'node:net';

export type ReadyApp = Extract<AppState, { kind: 'ready' }>;
type GiveSocket = (error: Error | null, stream: Duplex) => void;

/** Shorter than what servers wait themselves (gunicorn 2 s, uvicorn and Node 5 s): what both end at once loses a request. */
const keptMs = 1500;
const mostKept = 32;

/** The connection comes from the gate, over whatever the app is reached; it need not be a socket of Node. */
class InstanceAgent extends Agent {
  ready: ReadyApp;
  #isRetired = false;
  readonly #kept = new Map<Duplex, () => void>();

  constructor(ready: ReadyApp) {
    super({ keepAlive: true, maxFreeSockets: mostKept });
    this.ready = ready;
  }

  override createConnection(_options: unknown, callback?: GiveSocket): undefined {
    void openConnection(this.ready, callback ?? (() => undefined));
  }

  /** @returns whether the connection is kept. One that says something unasked is not: it would be the next visitor's answer. */
  override keepSocketAlive(socket: Duplex): boolean {
    if (this.#isRetired || socket.readableLength > 0) return false;
    const drop = () => socket.destroy();
    const timer = setTimeout(drop, keptMs);
    timer.unref();
    const release = () => {
      clearTimeout(timer);
      socket.off('data', drop).off('close', release);
      this.#kept.delete(socket);
    };
    // Node watches its own sockets while they are kept, and only those.
    if (!(socket instanceof Socket)) socket.on('data', drop);
    socket.on('close', release);
    this.#kept.set(socket, release);
    return true;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    this.#kept.get(socket)?.();
    super.reuseSocket(socket, request);
  }

  /** What is under way goes on; nothing is kept any more. */
  retire(): void {
    this.#isRetired = true;
    for (const socket of this.#kept.keys()) socket.destroy();
  }
}

export function createAppConnections() {
  const agents = new Map<string, InstanceAgent>();

  return {
    agentOf({ jobId }: App, ready: ReadyApp): Agent {
      const known = agents.get(jobId);
      if (known?.ready.instance === ready.instance) {
        known.ready = ready;
        return known;
      }
      known?.retire();
      const agent = new InstanceAgent(ready);
      agents.set(jobId, agent);
      return agent;
    },

    /** The app does not answer any more. */
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

/** As `createConnection` of node:http asks for it, for one request alone. */
export function connectOnce(ready: ReadyApp) {
  return (_options: unknown, give: GiveSocket): undefined => {
    void openConnection(ready, give);
  };
}

/** Nobody takes connections where the app was a moment ago: nothing of the request has gone out. */
export class UnreachedError extends Error {}

async function openConnection(ready: ReadyApp, give: GiveSocket): Promise<void> {
  let stream: Duplex;
  try {
    stream = await ready.connect();
  } catch (error) {
    // Node reads the error first, and then no stream.
    give(new UnreachedError('The app takes no connection', { cause: error }), undefined as unknown as Duplex);
    return;
  }
  // It may break before whoever asked for it listens.
  stream.on('error', () => undefined);
  give(null, addSocketMethods(stream));
}

const socketMethods = ['ref', 'unref', 'setKeepAlive', 'setNoDelay', 'setTimeout'] as const;

/** What Node calls on a connection whether or not it is a socket. */
function addSocketMethods(stream: Duplex): Duplex {
  const known = stream as Duplex & Partial<Record<(typeof socketMethods)[number], () => Duplex>>;
  for (const name of socketMethods) known[name] ??= () => stream;
  return stream;
}
