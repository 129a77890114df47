/** Where to listen for runs in containers, and what to tell them: a pure decision. */
import { isIP } from 'node:net';
import { isLocalEngine } from '../executors/docker/engine-address.ts';

export interface AttemptsFacts {
  /** PUMPHOUSE_ATTEMPTS_HOST. */
  host: string | null;
  port: number;
  /** PUMPHOUSE_ATTEMPTS_URL. */
  url: string | null;
  engineUrl: string;
  /** The address of the engine's machine on the network of the runs; null while the engine does not tell. */
  gateway: string | null;
}

export type AttemptsPlan =
  /** `listenAt` null: nothing listens for runs alone, since the URL leads elsewhere. */
  { url: string; listenAt: string | null } | { problem: string };

/** Never "all addresses", unless somebody asks for that. */
export function planAttemptsAddress({ host, port, url, engineUrl, gateway }: AttemptsFacts): AttemptsPlan {
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

/** What to set where the gateway of the runs' network is not an address of this machine. */
export function adviseSettings(port: number): string {
  return (
    'runs cannot reach this server by the gateway of their network. Set PUMPHOUSE_ATTEMPTS_HOST to an address of this server that they ' +
    `reach, and PUMPHOUSE_ATTEMPTS_URL to how they reach it, for example http://server.example.com:${port}.`
  );
}
