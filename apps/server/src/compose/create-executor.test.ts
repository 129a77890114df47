import type { EngineAddress } from '../executors/docker/engine-address.ts';
import type { ExecutorMakers } from './create-executor.ts';
import type { TestDatabase } from '../../../../testing/fixtures/postgres.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeExecutor } from '../executors/fake/fake-executor.ts';
import { createInstallationStore } from '../store/postgres/installation.ts';
import { createTestDatabase } from '../../../../testing/fixtures/postgres.ts';
import { decideExecutor } from './create-executor.ts';

const first: EngineAddress = { url: 'unix:///first.sock', tls: null };
const second: EngineAddress = { url: 'unix:///second.sock', tls: null };
const network = { name: null, egress: true };
const found = { addresses: [first, second], isSet: false, runnerImage: 'runner:{python}', network };
const set = { ...found, addresses: [second], isSet: true };

let testDatabase: TestDatabase;
beforeEach(async () => {
  testDatabase = await createTestDatabase();
});
afterEach(() => testDatabase.drop());

/** Executors in memory; `made` says which were made, and for which engine. */
function createMachine(answering: readonly EngineAddress[]) {
  const made: string[] = [];
  const makers: ExecutorMakers = {
    async process() {
      made.push('process');
      return createFakeExecutor();
    },
    docker: {
      engineAnswers: async ({ url }) => answering.some((one) => one.url === url),
      async create({ url }) {
        made.push(url);
        return { ...createFakeExecutor(), findGateway: async () => '10.0.0.1' };
      },
    },
  };
  return { made, makers };
}

/** A start of a server on this machine, with everything it decides kept in the store. */
async function start(
  answering: readonly EngineAddress[],
  settings: Partial<Parameters<typeof decideExecutor>[0]> = {},
  changes: Partial<ExecutorMakers> = {},
) {
  const { made, makers } = createMachine(answering);
  const store = createInstallationStore(testDatabase.database);
  const created = await decideExecutor({ executor: 'auto', engine: found, ...settings }, store, {
    ...makers,
    ...changes,
  });
  return { made, created, kept: await store.get() };
}

describe('decideExecutor', () => {
  it('takes containers where an engine answers, and tells how they reach this machine', async () => {
    const { made, created, kept } = await start([first]);
    expect(made).toEqual([first.url]);
    expect(created.containers?.engineUrl).toBe(first.url);
    expect(await created.containers?.findGateway()).toBe('10.0.0.1');
    expect(kept).toMatchObject({ executor: 'docker', engineUrl: first.url });
  });

  it('takes processes where none answers, and stays with them when one does', async () => {
    expect((await start([])).kept).toMatchObject({ executor: 'process', engineUrl: null });
    const { made, created } = await start([first]);
    expect(made).toEqual(['process']);
    expect(created.containers).toBeNull();
  });

  it('stays with containers when the engine is gone, and with the engine when another one answers', async () => {
    await start([second]);
    expect((await start([])).made).toEqual([second.url]);
    const { made, kept } = await start([first]);
    expect(made).toEqual([second.url]);
    expect(kept).toMatchObject({ executor: 'docker', engineUrl: second.url });
  });

  it('starts without an engine where containers are asked for, and keeps the first that answers', async () => {
    expect(await start([], { executor: 'docker' })).toMatchObject({
      made: [first.url],
      kept: { executor: 'docker', engineUrl: null },
    });
    expect(await start([second])).toMatchObject({ made: [second.url], kept: { engineUrl: second.url } });
  });

  it('follows the setting of an engine, which is not kept', async () => {
    expect(await start([first, second], { engine: set })).toMatchObject({
      made: [second.url],
      kept: { executor: 'docker', engineUrl: null },
    });
    await start([first]);
    expect((await start([first, second], { engine: set })).made).toEqual([second.url]);
  });

  it.each(['process', 'docker'] as const)('refuses another executor than %s, once decided', async (one) => {
    const other = one === 'process' ? 'docker' : 'process';
    await start([first], { executor: one });
    await expect(start([first], { executor: other })).rejects.toThrow(/PUMPHOUSE_EXECUTOR is/);
  });

  it('decides nothing when what it would take cannot be made', async () => {
    const process = async () => {
      throw new Error('No python3 was found');
    };
    await expect(start([], {}, { process })).rejects.toThrow('No python3 was found');
    expect((await start([first])).kept.executor).toBe('docker');
  });

  it('yields to a server that decided meanwhile', async () => {
    const store = createInstallationStore(testDatabase.database);
    const process = async () => {
      await store.decideExecutor('docker', second.url);
      return createFakeExecutor();
    };
    const { made, created } = await start([], {}, { process });
    expect(made).toEqual([second.url]);
    expect(created.containers?.engineUrl).toBe(second.url);
  });

  it('says so where this version has no containers', async () => {
    const refused = start([], { executor: 'docker' }, { docker: null });
    await expect(refused).rejects.toThrow(/set PUMPHOUSE_EXECUTOR=process/);
    expect((await start([first], {}, { docker: null })).kept.executor).toBe('process');
  });
});
