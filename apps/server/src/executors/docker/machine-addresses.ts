/**
 * The addresses of the engine's machine, which may be another machine than this one. Only a program in that
 * machine's network sees them.
 */
import { z } from 'zod';
import { ExecutorError } from '../contract/executor-error.ts';
import { runShortContainer, type ShortContainerHost } from './short-container.ts';

/** Addresses older than this are read again in the background. */
const freshMilliseconds = 60_000;
/** A start does not use older addresses: the machine may have new ones that the container must not reach. */
const maxAgeMilliseconds = 600_000;
const limits = { memoryBytes: 128 * 1024 * 1024, cpus: 1, processes: 16 };
/** A user of no workspace. */
const nobody = { uid: 65_534, gid: 65_534 };

/**
 * Caches the addresses. A start waits for a reading only if there is none from the last ten minutes; other
 * starts use the cached addresses and refresh them in the background once they are old.
 * @param read reads the addresses
 * @param now a monotonic clock in milliseconds
 */
export function createMachineAddresses(
  read: (host: ShortContainerHost) => Promise<string[]> = readMachineAddresses,
  now: () => number = () => performance.now(),
): (host: ShortContainerHost) => Promise<string[]> {
  let kept: { addresses: string[]; readAt: number } | null = null;
  let reading: Promise<string[]> | null = null;

  async function readAndKeep(host: ShortContainerHost): Promise<string[]> {
    const addresses = await read(host);
    kept = { addresses, readAt: now() };
    return addresses;
  }

  function readOnce(host: ShortContainerHost): Promise<string[]> {
    reading ??= readAndKeep(host).finally(() => (reading = null));
    return reading;
  }

  return async (host) => {
    if (kept === null) return readOnce(host);
    const ageMilliseconds = now() - kept.readAt;
    if (ageMilliseconds > maxAgeMilliseconds) return readOnce(host);
    // Ignore a failed reading: the next start tries again.
    if (ageMilliseconds > freshMilliseconds) readOnce(host).catch(() => undefined);
    return kept.addresses;
  };
}

/** @throws ExecutorError backend, or the engine's error */
async function readMachineAddresses(host: ShortContainerHost): Promise<string[]> {
  const { stdout, stderr } = await runShortContainer(host, {
    kind: 'reading',
    program: 'machine_addresses.py',
    user: nobody,
    mounts: [],
    network: 'host',
    limits,
  });
  return parseAddresses(stdout.join(''), stderr.join(' '));
}

function parseAddresses(text: string, problem: string): string[] {
  try {
    const addresses = z.array(z.string()).safeParse(JSON.parse(text));
    if (addresses.success) return addresses.data;
  } catch {
    // Any other output is reported below.
  }
  throw new ExecutorError(
    'backend',
    `The addresses of the engine's machine could not be read, so runs could not be kept from them: ${problem || 'no answer'}`,
  );
}
