/** What keeps every run from starting on this machine, as far as it can be found without starting a process. */
import { open } from 'node:fs/promises';
import type { ProcessBackend } from './process-backend.ts';
import { describeUnwritable } from '../../domain/doctor/data-folder-findings.ts';
import { errorCodeOf } from '../../platform/error-code.ts';
import { findWriteFailure } from '../../platform/find-write-failure.ts';

const DEVICE = '/dev/net/tun';

/** @returns a sentence, or null */
export async function findObstacle({
  dataDir,
  isolation,
  pastaPath,
  runsNetwork,
}: Pick<ProcessBackend, 'dataDir' | 'isolation' | 'pastaPath' | 'runsNetwork'>): Promise<string | null> {
  const writeFailure = await findWriteFailure(dataDir);
  if (writeFailure !== null) return describeUnwritable(writeFailure);
  const usesPasta = isolation?.kind === 'sandbox' && pastaPath !== null && !runsNetwork.isShared;
  return usesPasta ? describeClosedDevice() : null;
}

/** Why pasta cannot open the device of networks; null if it can. */
async function describeClosedDevice(): Promise<string | null> {
  try {
    await (await open(DEVICE, 'r+')).close();
    return null;
  } catch (error) {
    return (
      `The server cannot open ${DEVICE} (${errorCodeOf(error) ?? String(error)}), which the networks of runs need. ` +
      'Give its user access to the device. Or set PUMPHOUSE_RUNS_NETWORK=shared on a machine where runs may reach everything that listens on it.'
    );
  }
}
