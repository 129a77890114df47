import { isIP } from 'node:net';
import { readHostName } from './allowed-hosts.ts';
import { ConfigError } from './config-error.ts';

interface HostValues {
  PUMPHOUSE_HOST: string;
  PUMPHOUSE_ATTEMPTS_HOST?: string | undefined;
  PUMPHOUSE_ATTEMPTS_URL?: string | undefined;
  PUMPHOUSE_ALLOWED_HOSTS: string;
}

/**
 * Reads the names under which the server answers, in addition to loopback and the host of its public URL. If
 * runs have their own URL, they call the server under its host.
 * @throws ConfigError
 */
export function readAllowedHosts(values: HostValues): string[] {
  const { PUMPHOUSE_HOST: host, PUMPHOUSE_ATTEMPTS_HOST: attemptsHost, PUMPHOUSE_ATTEMPTS_URL: url } = values;
  const own = [host, ...(attemptsHost === undefined ? [] : [attemptsHost])];
  return [
    ...own.filter((each) => each !== '0.0.0.0' && each !== '::'),
    ...(url === undefined ? [] : [new URL(url).hostname]),
    ...readNames(values.PUMPHOUSE_ALLOWED_HOSTS),
  ];
}

function readNames(text: string): string[] {
  const entries = text.split(',').flatMap((entry) => entry.trim() || []);
  return entries.map((entry) => {
    const plain = entry.toLowerCase().replace(/^\[(.*)\]$/, '$1');
    const name = readHostName(isIP(plain) === 6 ? `[${plain}]` : plain);
    if (name === plain) return name;
    throw new ConfigError(
      `PUMPHOUSE_ALLOWED_HOSTS: "${entry}" is neither a host name nor an address. Write it without a scheme and a port, as pumphouse.internal or 10.0.0.5.`,
    );
  });
}
