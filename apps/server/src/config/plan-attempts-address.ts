/** Decides where to listen for runs in containers, and which address they get. Pure functions. */
import { isIP } from 'node:net';
import { isLocalEngine } from '../executors/docker/engine-address.ts';

export interface AttemptsAddressInput {
  /** PUMPHOUSE_ATTEMPTS_HOST. */
  host: string | null;
  port: number;
  /** PUMPHOUSE_ATTEMPTS_URL. */
  url: string | null;
  engineUrl: string;
  /**
   * The address of the engine's machine on the network of the runs; null while the engine does not report it.
   */
  gateway: string | null;
}

export type AttemptsPlan =
  /** `listenAt` null: no separate socket for runs, because the URL leads elsewhere. */
  { url: string; listenAt: string | null } | { problem: string };

/** Never plans "all addresses" unless an operator sets it. */
export function planAttemptsAddress({
  host,
  port,
  url,
  engineUrl,
  gateway,
}: AttemptsAddressInput): AttemptsPlan {
  const listenAt = host ?? (isLocalEngine(engineUrl) ? gateway : null);
  if (url) return { url, listenAt };
  if (listenAt)
    return { url: `http://${isIP(listenAt) === 6 ? `[${listenAt}]` : listenAt}:${port}`, listenAt };
  if (isLocalEngine(engineUrl))
    return {
      problem: 'The container engine does not say which address this machine has on the network of the runs.',
    };
  return { problem: `The container engine is on another machine, so ${adviseSettings(port)}` };
}

/** Advises on settings if the gateway of the runs' network is not an address of this machine. */
export function adviseSettings(port: number): string {
  return (
    'runs cannot reach this server by the gateway of their network. Set PUMPHOUSE_ATTEMPTS_HOST to an address of this server that they ' +
    `reach, and PUMPHOUSE_ATTEMPTS_URL to how they reach it, for example http://server.example.com:${port}.`
  );
}
