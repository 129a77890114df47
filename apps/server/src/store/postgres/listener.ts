import { Client, escapeIdentifier } from 'pg';
import type { ClientConfig } from 'pg';

/** An open `listen`; its callback is never called after `close`. */
export interface Subscription {
  close(): Promise<void>;
}

type OnNotify = (payload: string | undefined) => void;

const firstPauseMs = 50;
const maxPauseMs = 2000;
const keepAliveSeconds = 30;

/**
 * Creates a listener: one connection, opened at the first `listen`, for the channels of all callers. If it is
 * lost, it is reopened as long as there are callers, each of which is then called with undefined.
 */
export function createListener(config: ClientConfig, onConnectionError: (error: Error) => void) {
  const channels = new Map<string, Set<OnNotify>>();
  let client: Promise<Client> | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let closed = false;

  async function connect(): Promise<Client> {
    // Without a timeout, a connection dropped by a firewall would look alive forever.
    const next = new Client({ ...config, query_timeout: 10_000 });
    next.on('error', onConnectionError);
    next.on('notification', ({ channel, payload }) => {
      for (const onNotify of channels.get(channel) ?? []) onNotify(payload ?? '');
    });
    await next.connect();
    try {
      for (const channel of channels.keys()) await next.query(`LISTEN ${escapeIdentifier(channel)}`);
    } catch (error) {
      await next.end();
      throw error;
    }
    const keepAlive = setInterval(() => {
      next.query('SELECT 1').catch(() => next.end().catch(onConnectionError));
    }, keepAliveSeconds * 1000).unref();
    next.on('end', () => {
      clearInterval(keepAlive);
      client = undefined;
      reconnect(firstPauseMs);
    });
    return next;
  }

  function reconnect(pauseMs: number): void {
    if (closed || client !== undefined || retryTimer !== undefined || channels.size === 0) return;
    retryTimer = setTimeout(() => {
      retryTimer = undefined;
      void tryReconnect(pauseMs);
    }, pauseMs).unref();
  }

  async function tryReconnect(pauseMs: number): Promise<void> {
    try {
      await openClient();
    } catch (error) {
      onConnectionError(error instanceof Error ? error : new Error(String(error)));
      reconnect(Math.min(pauseMs * 2, maxPauseMs));
      return;
    }
    const listeners = [...channels.values()].flatMap((set) => [...set]);
    for (const onNotify of listeners) onNotify(undefined);
  }

  function openClient(): Promise<Client> {
    if (client !== undefined) return client;
    const opening = connect();
    client = opening;
    opening.catch(() => {
      if (client === opening) client = undefined;
    });
    return opening;
  }

  async function listen(channel: string, onNotify: OnNotify): Promise<Subscription> {
    if (closed) throw new Error('The database is closed');
    const listeners = channels.get(channel) ?? new Set<OnNotify>();
    channels.set(channel, listeners);
    // A separate wrapper, so that the same function can be registered twice.
    const entry: OnNotify = (payload) => onNotify(payload);
    listeners.add(entry);
    try {
      const connected = await openClient();
      await connected.query(`LISTEN ${escapeIdentifier(channel)}`);
    } catch (error) {
      await unlisten(channel, entry);
      throw error;
    }
    return { close: () => unlisten(channel, entry) };
  }

  async function unlisten(channel: string, entry: OnNotify): Promise<void> {
    const listeners = channels.get(channel);
    if (!listeners?.delete(entry) || listeners.size > 0) return;
    channels.delete(channel);
    // A lost connection listens to nothing, so a failure here does not matter.
    await client?.then((open) => open.query(`UNLISTEN ${escapeIdentifier(channel)}`)).catch(() => undefined);
  }

  async function close(): Promise<void> {
    closed = true;
    clearTimeout(retryTimer);
    channels.clear();
    await client?.then((open) => open.end()).catch(() => undefined);
  }

  return { listen, close };
}
