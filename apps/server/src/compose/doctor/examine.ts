/** Runs all checks of a server and its machine. */
import type { CheckId, CheckResult, Finding } from '../../domain/doctor/check-result.ts';
import type { DoctorContext, Look, Looks } from './doctor-context.ts';
import { checkIds, problem, toResult } from '../../domain/doctor/check-result.ts';
import { createAddressLooks } from './look-at-addresses.ts';
import { createBackupLooks } from './look-at-backups.ts';
import { createDatabaseLooks } from './look-at-database.ts';
import { createDataFolderLooks } from './look-at-data-folder.ts';
import { createExecutorLooks } from './look-at-executor.ts';
import { createServiceLooks } from './look-at-services.ts';
import { createTextMask } from '../../domain/variables/mask-text.ts';
import { listSecretSettings } from '../../config/secret-values.ts';
import { setTimeout as delay } from 'node:timers/promises';

/** Longer than each connection waits by itself, so that most results say what did not answer. */
const checkTimeoutMs = 10_000;

/** Runs all checks together. One that fails or does not answer in time is a problem, and the others go on. */
export async function examine(context: DoctorContext, timeoutMs = checkTimeoutMs): Promise<CheckResult[]> {
  const looks: Looks<CheckId> = {
    ...createExecutorLooks(context),
    ...createDataFolderLooks(context),
    ...createDatabaseLooks(context),
    ...createAddressLooks(context),
    ...createServiceLooks(context),
    ...createBackupLooks(context),
  };
  return runChecks(looks, { timeoutMs, mask: createTextMask(listSecretSettings(context.config)) });
}

/**
 * Runs the checks in their order of display.
 * @param options.mask removes secrets: messages of other programs may contain what they were given
 */
export function runChecks(
  looks: Looks<CheckId>,
  { timeoutMs, mask }: { timeoutMs: number; mask: (text: string) => string },
): Promise<CheckResult[]> {
  return Promise.all(
    checkIds.map(async (id) => {
      const { status, found, nextStep } = await settle(looks[id], timeoutMs);
      return toResult(id, { status, found: mask(found), nextStep: nextStep && mask(nextStep) });
    }),
  );
}

async function settle(look: Look, timeoutMs: number): Promise<Finding> {
  const looking = new AbortController();
  const late = delay(timeoutMs, null, { ref: false });
  try {
    const found = await Promise.race([look(looking.signal), late]);
    return (
      found ??
      problem(
        `There was no result within ${timeoutMs / 1000} s.`,
        'Look for a program, a disk or a network that hangs, and run the check again.',
      )
    );
  } catch (error) {
    return problem(
      error instanceof Error ? error.message : String(error),
      'Correct what the message names, and run the check again.',
    );
  } finally {
    looking.abort();
  }
}
