/** What was found about the addresses of the server, as findings. Pure. */
import type { Finding } from './check-result.ts';
import { ok, problem, skipped, warning } from './check-result.ts';

/** The settings of a port that the server listens on. */
export interface PortSettings {
  port: string;
  host: string;
}

/** A port on one address of this machine. */
export type PortInput = { address: string; port: number } & (
  | { state: 'free' }
  /** A Pumphouse server answers there. */
  | { state: 'served' }
  /** Error code of listening. */
  | { state: 'failed'; code: string }
  /** The machine lacks the address family. */
  | { state: 'no_family' }
);

export function derivePortFinding(input: PortInput, settings: PortSettings): Finding {
  const at = `${formatAddress(input.address)}:${input.port}`;
  switch (input.state) {
    case 'free':
      return ok(`Nothing listens on ${at}, so the server can.`);
    case 'served':
      return ok(`A Pumphouse server answers at ${at}.`);
    case 'no_family':
      return skipped(`This machine has no address ${input.address}.`);
    default: {
      const explained = explainListenError(input.code, input, settings);
      return explained
        ? problem(explained.happened, explained.nextStep)
        : problem(
            `The server cannot listen on ${at} (${input.code}).`,
            `Set ${settings.port} to another port.`,
          );
    }
  }
}

/** Explains an error of listening; null for an unknown one. */
export function explainListenError(
  code: string | undefined,
  { address, port }: { address: string | undefined; port: number | undefined },
  settings: PortSettings,
): { happened: string; nextStep: string } | null {
  if (code === 'EADDRINUSE')
    return {
      happened: `Port ${port} is in use on ${address}.`,
      nextStep: `Set ${settings.port} to another port, or end the program that uses it (ss -ltnp 'sport = :${port}' shows it).`,
    };
  if (code === 'EACCES')
    return {
      happened: `This user may not listen on port ${port}.`,
      nextStep: `Set ${settings.port} to a port above 1023.`,
    };
  if (code === 'EADDRNOTAVAIL')
    return {
      happened: `This machine has no address ${address}.`,
      nextStep: `Set ${settings.host} to one of its addresses, or to 0.0.0.0 for all of them.`,
    };
  return null;
}

/** What answered at the public URL. */
export type PublicUrlAnswer =
  | { kind: 'pumphouse' }
  /** No HTTP response: an error code, or its message. */
  | { kind: 'error'; reason: string }
  | { kind: 'other'; status: number };

export interface PublicUrlInput {
  url: string | null;
  isLoopback: boolean;
  /** Null: no server runs, so there is nothing to reach. */
  answer: PublicUrlAnswer | null;
}

/** @param input.isLoopback whether the host of the URL is this machine only */
export function derivePublicUrlFinding({ url, isLoopback, answer }: PublicUrlInput): Finding {
  if (url === null)
    return skipped('PUMPHOUSE_PUBLIC_URL is not set, so links name the address that the server listens on.');
  const { protocol, hostname, pathname } = new URL(url);
  if (answer?.kind === 'error')
    return problem(
      `${url} does not answer from this machine: ${answer.reason}.`,
      `Check that ${hostname} resolves to the proxy or this machine, that its certificate is valid, and that a firewall lets this machine in.`,
    );
  if (answer?.kind === 'other')
    return problem(
      `${url}/healthz answers with status ${answer.status}, and not from Pumphouse.`,
      pathname === '/'
        ? `Let the proxy at ${hostname} forward all paths to this server, with the Host header.`
        : `Let the proxy at ${hostname} forward ${pathname}/... to this server, without ${pathname}, or remove the path from PUMPHOUSE_PUBLIC_URL.`,
    );
  if (protocol === 'http:' && !isLoopback)
    return warning(
      `${url} is not encrypted: passwords and keys can be read on the way.`,
      'Put a proxy with TLS in front of the server and set PUMPHOUSE_PUBLIC_URL to its https:// address.',
    );
  return answer === null
    ? skipped(`${url} was not called, because no server runs.`)
    : ok(`${url} is reached from this machine.`);
}

/** A server behind a proxy with TLS sees only the proxy, unless it trusts its headers. */
export function deriveProxiesFinding(publicUrl: string | null, proxies: readonly string[]): Finding {
  if (publicUrl === null || new URL(publicUrl).protocol !== 'https:')
    return skipped('No proxy with TLS is in front of the server.');
  if (proxies.length > 0) return ok(`Headers of ${proxies.join(', ')} are trusted.`);
  return warning(
    'PUMPHOUSE_PUBLIC_URL has https, so a proxy is in front of the server, and no proxy is trusted. The audit log and limits see the address of the proxy instead of those of users.',
    'Set PUMPHOUSE_TRUSTED_PROXIES to the address of the proxy.',
  );
}

/** @param problems from `listExposureProblems`: what keeps the server from listening beyond loopback */
export function deriveExposureFinding(
  host: string,
  isLoopback: boolean,
  problems: readonly string[],
): Finding {
  if (problems.length > 0)
    return problem(`PUMPHOUSE_HOST is ${host}, and the server does not start there yet.`, problems.join(' '));
  return ok(isLoopback ? 'The server listens on this machine only.' : `The server listens on ${host}.`);
}

function formatAddress(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
