import { describe, expect, it, vi } from 'vitest';
import { chooseExecutor } from './choose-executor.ts';

const engine = (answers: boolean) => vi.fn(async () => answers);

describe('chooseExecutor', () => {
  it.each([
    ['auto', true, 'docker'],
    ['auto', false, 'process'],
    ['process', true, 'process'],
    ['docker', false, 'docker'],
    ['kubernetes', true, 'kubernetes'],
  ] as const)(
    'at the first start with %s and an engine that answers %s chooses %s',
    async (setting, answers, name) => {
      expect(await chooseExecutor({ setting, decided: null, engineAnswers: engine(answers) })).toBe(name);
    },
  );

  it.each([
    ['process', true],
    ['docker', false],
  ] as const)('keeps %s when an engine answers %s later', async (decided, answers) => {
    for (const setting of ['auto', decided] as const) {
      const engineAnswers = engine(answers);
      expect(await chooseExecutor({ setting, decided, engineAnswers })).toBe(decided);
      expect(engineAnswers).not.toHaveBeenCalled();
    }
  });

  it.each([
    ['process', 'docker'],
    ['docker', 'process'],
    ['kubernetes', 'docker'],
    ['process', 'kubernetes'],
  ] as const)('rejects %s if %s was chosen', async (setting, decided) => {
    const choice = chooseExecutor({ setting, decided, engineAnswers: engine(true) });
    await expect(choice).rejects.toThrow(
      new RegExp(`PUMPHOUSE_EXECUTOR is ${setting}.* used ${decided} .*PUMPHOUSE_DATA_DIR`),
    );
  });

  it('rejects unknown executors', async () => {
    const choice = chooseExecutor({ setting: 'auto', decided: 'mainframe', engineAnswers: engine(true) });
    await expect(choice).rejects.toThrow(/"mainframe", which this version does not have/);
  });
});
