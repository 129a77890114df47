/**
 * The addresses of the engine's machine, which may be another machine than this one. Only a program in that
 * machine's network sees them.
 */
import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { ExecutorError } from '../executor.ts';
import { planContainer } from './container-plan.ts';
import { followOutput } from './environments.ts';
import { labelsOf, programs, shortInstallation } from './names.ts';

/** Where the program that reads the addresses runs. */
export interface ReadingPlace {
  engine: Docker;
  installationId: string;
  /** Any runner image works. */
  image: string;
  engineCpus: number;
}

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
  read: (place: ReadingPlace) => Promise<string[]> = readMachineAddresses,
  now: () => number = () => performance.now(),
): (place: ReadingPlace) => Promise<string[]> {
  let kept: { addresses: string[]; readAt: number } | null = null;
  let reading: Promise<string[]> | null = null;

  async function readAndKeep(place: ReadingPlace): Promise<string[]> {
    const addresses = await read(place);
    kept = { addresses, readAt: now() };
    return addresses;
  }

  function readOnce(place: ReadingPlace): Promise<string[]> {
    reading ??= readAndKeep(place).finally(() => (reading = null));
    return reading;
  }

  return async (place) => {
    if (kept === null) return readOnce(place);
    const ageMilliseconds = now() - kept.readAt;
    if (ageMilliseconds > maxAgeMilliseconds) return readOnce(place);
    // Ignore a failed reading: the next start tries again.
    if (ageMilliseconds > freshMilliseconds) readOnce(place).catch(() => undefined);
    return kept.addresses;
  };
}

/** @throws ExecutorError backend, or the engine's error */
async function readMachineAddresses({
  engine,
  installationId,
  image,
  engineCpus,
}: ReadingPlace): Promise<string[]> {
  const name = `pumphouse-${shortInstallation(installationId)}-addresses-${randomUUID()}`;
  const stdout: string[] = [];
  const stderr: string[] = [];
  try {
    const container = await engine.createContainer(
      planContainer({
        name,
        image,
        command: [programs.python, '-I', '-S', `${programs.bootstrap}/machine_addresses.py`],
        labels: labelsOf(installationId, 'reading'),
        user: nobody,
        mounts: [],
        network: 'host',
        limits,
        engineCpus,
      }),
    );
    await followOutput(container, ({ stream, text }) => (stream === 'stdout' ? stdout : stderr).push(text));
    return parseAddresses(stdout.join(''), stderr.join(' '));
  } finally {
    await engine
      .getContainer(name)
      .remove({ v: true, force: true })
      .catch(() => undefined);
  }
}

function parseAddresses(text: string, problem: string): string[] {
  try {
    const addresses = JSON.parse(text) as string[];
    if (Array.isArray(addresses)) return addresses;
  } catch {
    // Any other output is reported below.
  }
  throw new ExecutorError(
    'backend',
    `The addresses of the engine's machine could not be read, so nothing could keep a run from them: ${problem || 'no answer'}`,
  );
}
