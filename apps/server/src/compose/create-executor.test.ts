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

/** In-memory executors; `made` lists those created, and for which engine. */
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
    kubernetes() {
      made.push('kubernetes');
      return createFakeExecutor();
    },
  };
  return { made, makers };
}

/** Starts a server on this machine; its decisions are kept in the database. */
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
  it('chooses containers if an engine answers, and returns how they reach this machine', async () => {
    const { made, created, kept } = await start([first]);
    expect(made).toEqual([first.url]);
    expect(created.containers?.engineUrl).toBe(first.url);
    expect(await created.containers?.findGateway()).toBe('10.0.0.1');
    expect(kept).toMatchObject({ executor: 'docker', engineUrl: first.url });
  });

  it('chooses processes if none answers, and keeps them when one appears later', async () => {
    expect((await start([])).kept).toMatchObject({ executor: 'process', engineUrl: null });
    const { made, created } = await start([first]);
    expect(made).toEqual(['process']);
    expect(created.containers).toBeNull();
  });

  it('keeps containers when the engine is gone, and the same engine when another one answers', async () => {
    await start([second]);
    expect((await start([])).made).toEqual([second.url]);
    const { made, kept } = await start([first]);
    expect(made).toEqual([second.url]);
    expect(kept).toMatchObject({ executor: 'docker', engineUrl: second.url });
  });

  it('starts without an engine if containers are required, and keeps the first that answers', async () => {
    expect(await start([], { executor: 'docker' })).toMatchObject({
      made: [first.url],
      kept: { executor: 'docker', engineUrl: null },
    });
    expect(await start([second])).toMatchObject({ made: [second.url], kept: { engineUrl: second.url } });
  });

  it('follows the engine setting, which is not stored', async () => {
    expect(await start([first, second], { engine: set })).toMatchObject({
      made: [second.url],
      kept: { executor: 'docker', engineUrl: null },
    });
    await start([first]);
    expect((await start([first, second], { engine: set })).made).toEqual([second.url]);
  });

  it.each(['process', 'docker'] as const)('rejects an executor other than %s, once decided', async (one) => {
    const other = one === 'process' ? 'docker' : 'process';
    await start([first], { executor: one });
    await expect(start([first], { executor: other })).rejects.toThrow(/PUMPHOUSE_EXECUTOR is/);
  });

  it('decides nothing if the chosen executor cannot be created', async () => {
    const process = async () => {
      throw new Error('No python3 was found');
    };
    await expect(start([], {}, { process })).rejects.toThrow('No python3 was found');
    expect((await start([first])).kept.executor).toBe('docker');
  });

  it('follows the decision of a server that was faster', async () => {
    const store = createInstallationStore(testDatabase.database);
    const process = async () => {
      await store.decideExecutor('docker', second.url);
      return createFakeExecutor();
    };
    const { made, created } = await start([], {}, { process });
    expect(made).toEqual([second.url]);
    expect(created.containers?.engineUrl).toBe(second.url);
  });

  it('uses a cluster only if it is set, and never something else afterwards', async () => {
    const { made, created, kept } = await start([first], { executor: 'kubernetes' });
    expect([made, kept.executor, await created.containers?.findGateway()]).toEqual([
      ['kubernetes'],
      'kubernetes',
      null,
    ]);
    expect((await start([first])).made).toEqual(['kubernetes']);
    await expect(start([first], {}, { kubernetes: null })).rejects.toThrow(/PUMPHOUSE_EXECUTOR=kubernetes/);
    await expect(start([first], { executor: 'docker' })).rejects.toThrow(/has used kubernetes/);
  });

  it('reports that this version has no containers', async () => {
    const refused = start([], { executor: 'docker' }, { docker: null });
    await expect(refused).rejects.toThrow(/set PUMPHOUSE_EXECUTOR=process/);
    expect((await start([first], {}, { docker: null })).kept.executor).toBe('process');
  });
});
