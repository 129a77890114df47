import type { AddressInfo } from 'node:net';
import type { ApiDependencies } from '../api/dependencies.ts';
import type { OpenParts } from './open-parts.ts';
import { listeningAddress } from '../platform/listening-address.ts';
import { mkdir } from 'node:fs/promises';
import { buildApi } from './build-api.ts';
import { closeHttpApp } from '../http/http-app.ts';
import { listenOnOtherLoopback } from '../listeners/other-loopback.ts';

export interface OpenApi {
  /** The URL at which this machine reaches it. */
  url: string;
  port: number;
}

/** Opens the listener of the public API, on both loopback addresses if on one. */
export async function openApi(
  at: { host: string; port: number },
  dependencies: ApiDependencies,
  parts: OpenParts,
): Promise<OpenApi> {
  await mkdir(dependencies.uploadDir, { recursive: true, mode: 0o700 });
  const api = buildApi(dependencies);
  parts.add('API', () => closeHttpApp(api));
  await api.listen({ host: at.host, port: at.port });
  const listening = listeningAddress(api.server);
  const { address: host, port } = listening;
  const otherLoopback = await listenOnOtherLoopback(api.server, { host, port });
  parts.add('API on the other loopback address', () => otherLoopback.close());
  return { url: formatUrl(listening), port };
}

/** A wildcard address includes loopback. */
function formatUrl({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
