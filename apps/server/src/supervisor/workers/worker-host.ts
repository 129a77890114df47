import type { ActiveWorker, Connected, WorkerParts } from './active-worker.ts';
import type { Executor } from '../../executors/executor.ts';
import type { Loop } from '../../platform/loops.ts';
import type { SupervisorSettings } from '../assemble-supervisor.ts';
import type { WebSocket } from 'ws';
import type { ListedWorker, WorkerRecord } from '../../store/records.ts';
import { randomUUID } from 'node:crypto';
import { closeCodes } from '../../executors/remote/protocol.ts';
import { createActiveWorker } from './active-worker.ts';
import { openWorkerLink } from '../../executors/remote/worker-link.ts';

/** The workers that are connected to this server, and those whose runs no other server drives. */
export interface WorkerHost {
  /** Starts the loop that keeps connections and finds runs that were left. */
  start(): Promise<void>;
  /** Takes a WebSocket whose token is valid. Resolves when the worker's runs are driven, or the connection ended. */
  accept(webSocket: WebSocket, worker: WorkerRecord, tokenHash: Uint8Array): Promise<void>;
  /** The executor of a worker that is connected here; null for others. */
  findExecutor(workerId: string): Executor | null;
  stop(): Promise<void>;
}

/** A revoked token ends its connection after this time at most. */
const beatMs = 1000;
const abandonedIntervalMs = 5000;

/** A server that was killed leaves a connection without an end, and without a heartbeat. */
const maxSilentSeconds = 10;

function isConnected(worker: ListedWorker | undefined): boolean {
  return (worker?.silentSeconds ?? Infinity) < maxSilentSeconds;
}

/**
 * Drives the runs of workers: each connected worker has a supervisor of its own.
 * @param parts.serverId of this server, which is recorded for the workers that connect to it
 */
export function createWorkerHost(
  settings: SupervisorSettings,
  parts: WorkerParts & { serverId: string },
): WorkerHost {
  const { persistence, installationId, serverId, loops, log } = parts;
  const { workers, claims } = persistence.store;
  const active = new Map<string, ActiveWorker>();
  /** Changes of one worker happen one after the other. */
  const underWay = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  let loop: Loop | null = null;
  let lastAbandonedAt = -Infinity;

  function inTurn(workerId: string, change: () => Promise<void>): Promise<void> {
    const before = underWay.get(workerId) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(change);
    underWay.set(workerId, turn);
    const forget = () => {
      if (underWay.get(workerId) === turn) underWay.delete(workerId);
    };
    turn.then(forget, forget);
    return turn;
  }

  async function replace(worker: WorkerRecord, connected: Connected | null): Promise<void> {
    const previous = active.get(worker.id);
    active.delete(worker.id);
    await previous?.stop();
    if (stopping.signal.aborted || connected?.link.isOpen === false) return;
    const created = createActiveWorker(settings, parts, worker, connected);
    active.set(worker.id, created);
    await created.start();
  }

  async function end(one: ActiveWorker): Promise<void> {
    await inTurn(one.worker.id, async () => {
      if (active.get(one.worker.id) !== one) return;
      active.delete(one.worker.id);
      await one.stop();
    });
  }

  async function noteClosed({ id, name }: WorkerRecord, { connectionId, link }: Connected): Promise<void> {
    const { code, reason } = await link.closed;
    log.warn({ workerId: id, worker: name, code, reason }, 'the connection of a worker has ended');
    await workers.disconnect(connectionId);
    loop?.wake();
  }

  /** Closes the connections that are no longer valid, and follows the modes that operators set. */
  async function beat(): Promise<void> {
    const open = [...active.values()].flatMap(({ connected }) => (connected?.link.isOpen ? [connected] : []));
    if (open.length === 0) return;
    const rows = await workers.beat(open.map(({ connectionId }) => connectionId));
    const valid = new Map(rows.map((row) => [row.connectionId, row]));
    for (const one of active.values()) {
      const { connected } = one;
      if (!connected || !open.includes(connected)) continue;
      const row = valid.get(connected.connectionId);
      if (row) await one.setMode(row.mode);
      else await closeInvalid(one, connected);
    }
  }

  async function closeInvalid(one: ActiveWorker, { link }: Connected): Promise<void> {
    const now = await workers.get(one.worker.id);
    if (now && now.connectionId !== null) {
      link.close(closeCodes.replaced, 'The worker has connected to another server.');
      // The other server has taken over its runs.
      void end(one);
    } else link.close(closeCodes.revoked, 'The token of this worker is no longer valid.');
  }

  /** Ends drained workers, and the supervisors of lost workers that have no run, or are connected elsewhere. */
  async function endIdle(): Promise<void> {
    for (const one of active.values()) {
      const { worker, connected } = one;
      const isOpen = connected?.link.isOpen ?? false;
      if (isOpen && !one.isDraining()) continue;
      if ((await claims.countOfWorker(worker.id)) === 0) {
        connected?.link.close(closeCodes.drained, 'The worker has no runs left and takes no new ones.');
        await end(one);
      } else if (!isOpen && isConnected(await workers.get(worker.id))) await end(one);
    }
  }

  /** A worker without a connection may have runs whose server is gone. They become unknown, or end. */
  async function adoptAbandoned(): Promise<void> {
    if (performance.now() - lastAbandonedAt < abandonedIntervalMs) return;
    lastAbandonedAt = performance.now();
    for (const workerId of await workers.listAbandoned()) {
      if (active.has(workerId)) continue;
      const worker = await workers.get(workerId);
      // The server that it is connected to takes them over.
      if (!worker || isConnected(worker)) continue;
      await inTurn(workerId, async () => {
        if (!active.has(workerId)) await replace(worker, null);
      });
    }
  }

  return {
    async start() {
      loop = await loops.start({
        name: 'workers',
        intervalMs: beatMs,
        async iterate() {
          await beat();
          await endIdle();
          await adoptAbandoned();
        },
        failureMessage: 'the workers were not checked; retried in the next iteration',
        readyWithinMs: null,
      });
    },

    async accept(webSocket, worker, tokenHash) {
      const { id: workerId, name } = worker;
      const onDrain = () => void active.get(workerId)?.drain();
      const link = await openWorkerLink(webSocket, { installationId, workerId, name, onDrain });
      if (!link) return;
      const { labels, executor, version, hostName } = link.hello;
      await inTurn(workerId, async () => {
        const connected = { connectionId: randomUUID(), link };
        const { localDataInObjects } = link.status.capabilities;
        const report = { labels, executor, version, hostName, localDataInObjects };
        const credential = { tokenHash, connectionId: connected.connectionId, serverId };
        if (!(await workers.connect(workerId, credential, report)))
          return link.close(closeCodes.revoked, 'The token of this worker is no longer valid.');
        log.info({ workerId, worker: name, hostName }, 'a worker has connected');
        void noteClosed(worker, connected).catch((error: unknown) =>
          log.warn({ err: error, workerId }, 'the end of a connection was not recorded'),
        );
        await replace((await workers.get(workerId)) ?? worker, connected);
      });
    },

    findExecutor(workerId) {
      const one = active.get(workerId);
      return one?.connected?.link.isOpen ? one.executor : null;
    },

    async stop() {
      stopping.abort();
      await loop?.stop();
      await Promise.allSettled(underWay.values());
      await Promise.all([...active.values()].map((one) => one.stop()));
      active.clear();
    },
  };
}
