/** Looks at the ports and at the public URL of the server. */
import type { DoctorContext, Looks } from './doctor-context.ts';
import type { Finding } from '../../domain/doctor/check-result.ts';
import type { PortInput, PortSettings, PublicUrlAnswer } from '../../domain/doctor/address-findings.ts';
import { createServer, isIP } from 'node:net';
import {
  deriveExposureFinding,
  derivePortFinding,
  deriveProxiesFinding,
  derivePublicUrlFinding,
} from '../../domain/doctor/address-findings.ts';
import { findOtherLoopback, isAddressMissing, startListening } from '../../listeners/other-loopback.ts';
import { isDatabaseOpen } from './doctor-context.ts';
import { isLoopbackHost } from '../../config/allowed-hosts.ts';
import { listExposureProblems } from '../../config/exposure.ts';
import { skipped } from '../../domain/doctor/check-result.ts';

type AddressChecks = 'port_ipv4' | 'port_ipv6' | 'apps_port' | 'exposure' | 'public_url' | 'trusted_proxies';

const serverPort: PortSettings = { port: 'PUMPHOUSE_PORT', host: 'PUMPHOUSE_HOST' };
const appsPort: PortSettings = { port: 'PUMPHOUSE_APPS_PORT', host: 'PUMPHOUSE_HOST' };
const answerTimeoutMs = 5000;

export function createAddressLooks(context: DoctorContext): Looks<AddressChecks> {
  const { config, database, server } = context;
  const port = server?.readPort() ?? config.port;
  const host = config.host === 'localhost' ? '127.0.0.1' : config.host;
  const addresses = [host, findOtherLoopback(host)].filter((each) => each !== null);
  const isLoopback = isLoopbackHost(config.host);

  const lookAtFamily = (family: 4 | 6) => async (): Promise<Finding> => {
    const address = addresses.find((each) => (each.includes(':') ? 6 : 4) === family);
    if (address === undefined) return skipped(`The server listens on ${config.host} only.`);
    if (port === 0) return skipped('PUMPHOUSE_PORT is 0: each start chooses a free port.');
    return derivePortFinding(await lookAtPort(address, port), serverPort);
  };

  return {
    port_ipv4: lookAtFamily(4),
    port_ipv6: lookAtFamily(6),
    async apps_port() {
      const own = config.apps.port;
      if (own === 0) return skipped('PUMPHOUSE_APPS_PORT is 0: each start chooses a free port.');
      const found = await lookAtPort(host, own);
      // The proxy of apps answers only under names of apps, so a running server is recognized by its own port.
      const isServed =
        found.state === 'failed' && found.code === 'EADDRINUSE' && (await isServerRunning(host, port));
      return derivePortFinding(isServed ? { ...found, state: 'served' } : found, appsPort);
    },
    async exposure() {
      const hasOwner = isDatabaseOpen(database)
        ? await database.store.people.hasOwner().catch(() => true)
        : true;
      const problems = listExposureProblems({
        host: config.host,
        publicUrl: config.publicUrl,
        hasOwner,
        runsUnisolated: false,
      });
      return deriveExposureFinding(config.host, isLoopback, problems);
    },
    async public_url() {
      const { publicUrl: url } = config;
      if (url === null) return derivePublicUrlFinding({ url, isLoopback: true, answer: null });
      const isRunning = server !== null || (await isServerRunning(host, port));
      return derivePublicUrlFinding({
        url,
        isLoopback: isLoopbackHost(new URL(url).hostname.replace(/^\[|\]$/g, '')),
        answer: isRunning ? await callHealth(url) : null,
      });
    },
    trusted_proxies: async () => deriveProxiesFinding(config.publicUrl, config.trustedProxies),
  };
}

async function lookAtPort(address: string, port: number): Promise<PortInput> {
  const at = { address, port };
  const acceptor = createServer();
  const code = await startListening(acceptor, { host: address, port });
  if (code === null) {
    await new Promise((resolve) => acceptor.close(resolve));
    return { ...at, state: 'free' };
  }
  if (isAddressMissing(code) && findOtherLoopback(address) !== null) return { ...at, state: 'no_family' };
  if (code === 'EADDRINUSE' && (await isServerRunning(address, port))) return { ...at, state: 'served' };
  return { ...at, state: 'failed', code };
}

async function isServerRunning(address: string, port: number): Promise<boolean> {
  if (port === 0) return false;
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address;
  const name = isIP(reachable) === 6 ? `[${reachable}]` : reachable;
  return (await callHealth(`http://${name}:${port}`)).kind === 'pumphouse';
}

/** Calls the liveness probe of a server, which needs no credential. */
async function callHealth(url: string): Promise<PublicUrlAnswer> {
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const response = await fetch(`${url}/healthz`, { signal, redirect: 'manual' });
    const text = (await response.text()).slice(0, 200);
    return text === '{"status":"ok"}' ? { kind: 'pumphouse' } : { kind: 'other', status: response.status };
  } catch (error) {
    return { kind: 'error', reason: describeFailure(error) };
  }
}

/** The reason of a failed call is the cause of the error of `fetch`. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `it has not answered within ${answerTimeoutMs / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
