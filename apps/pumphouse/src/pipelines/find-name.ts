import { ApiError } from '@pumphouse/client';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findSimilar } from '../terminal/find-similar.ts';

interface Named {
  kind: 'pipeline' | 'dataset';
  name: string;
  /** Reads the names that exist, for a suggestion. */
  listNames: () => Promise<string[]>;
}

/**
 * Explains that a pipeline or dataset does not exist, with a similar name if there is one.
 * @throws CommandError pipeline_not_found, dataset_not_found
 */
export async function explainMissing<Value>(
  reading: Promise<Value>,
  { kind, name, listNames }: Named,
): Promise<Value> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    const similar = findSimilar(name, await listNames());
    throw new CommandError(`No run has reported a ${kind} called ${name}.`, {
      code: `${kind}_not_found`,
      exitCode: exitCodes.notFound,
      nextStep:
        similar === undefined ? `pumphouse ${kind} list shows the ${kind}s.` : `Did you mean ${similar}?`,
    });
  }
}
