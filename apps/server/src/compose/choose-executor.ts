/** Which executor an installation has: chosen at its first start and never changed, since isolation never drops by itself. */

export type ExecutorName = 'process' | 'docker';

export interface ExecutorChoice {
  /** What PUMPHOUSE_EXECUTOR says. */
  setting: ExecutorName | 'auto';
  /** What was decided at the first start; null at that start itself. */
  decided: string | null;
  /** Whether a container engine answers; asked only where it matters. */
  engineAnswers: () => Promise<boolean>;
}

/** @throws Error when the setting and what was decided contradict each other, with what to do */
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
  if (decided !== 'process' && decided !== 'docker')
    throw new Error(`This installation runs attempts with "${decided}", which this version does not have.`);
  if (setting === 'auto' || setting === decided) return decided;
  throw new Error(
    `PUMPHOUSE_EXECUTOR is ${setting}, and this installation runs attempts with ${decided} since its first start: what runs have ` +
      'left there (local data, environments) would be lost to the others. Take the setting out, or begin a new installation with ' +
      'another PUMPHOUSE_DATA_DIR and another database.',
  );
}
