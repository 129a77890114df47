/**
 * Chooses the executor of an installation: decided at its first start and never changed, because isolation
 * must not weaken silently.
 */

const executorNames = ['process', 'docker', 'kubernetes'] as const;
export type ExecutorName = (typeof executorNames)[number];

export interface ExecutorChoice {
  /** Value of PUMPHOUSE_EXECUTOR. */
  setting: ExecutorName | 'auto';
  /** The decision of the first start; null during the first start. */
  decided: string | null;
  /** Whether a container engine responds; called only if it matters. */
  engineAnswers: () => Promise<boolean>;
}

/** @throws Error that says what to do when the setting contradicts the decision */
export async function chooseExecutor({
  setting,
  decided,
  engineAnswers,
}: ExecutorChoice): Promise<ExecutorName> {
  if (decided !== null) return keepExecutor(setting, decided);
  if (setting !== 'auto') return setting;
  return (await engineAnswers()) ? 'docker' : 'process';
}

function keepExecutor(setting: ExecutorName | 'auto', decided: string): ExecutorName {
  const name = executorNames.find((one) => one === decided);
  if (name === undefined)
    throw new Error(`This installation uses the executor "${decided}", which this version does not have.`);
  if (setting === 'auto' || setting === name) return name;
  throw new Error(
    `PUMPHOUSE_EXECUTOR is ${setting}, but this installation has used ${decided} since its first start: the data that runs ` +
      'left there (local data, environments) is not available to another executor. Remove the setting, or begin a new installation with ' +
      'another PUMPHOUSE_DATA_DIR and another database.',
  );
}
