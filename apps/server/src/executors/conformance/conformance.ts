/** Conformance tests that every executor must pass: one suite for each part of the contract. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../executor.ts';
import { describeAppConnector } from './app-connector-conformance.ts';
import { describeAttemptRunner } from './attempt-runner-conformance.ts';
import { useAttempts, type ConformanceSite } from './conformance-site.ts';
import { describeEnvironmentBuilder } from './environment-builder-conformance.ts';
import type { ConformanceHarness } from './harness.ts';
import { describeInventory } from './inventory-conformance.ts';
import { describeLocalDataFiles } from './local-data-files-conformance.ts';
import { describeLocalDataStore } from './local-data-store-conformance.ts';

/** Declares the tests of one executor. */
export function describeConformance(name: string, createHarness: () => Promise<ConformanceHarness>): void {
  describe(`executor conformance: ${name}`, () => {
    let harness: ConformanceHarness;
    let executor: Executor;
    const created = {
      get harness() {
        return harness;
      },
      get executor() {
        return executor;
      },
    };
    const site: ConformanceSite = Object.assign(created, { attempts: useAttempts(created) });

    beforeAll(async () => {
      harness = await createHarness();
      executor = harness.createExecutor();
      await harness.warmUp?.(executor);
    });
    afterAll(() => harness.close());

    it('is ready', async () => {
      expect(await executor.probe()).toMatchObject({ ok: true });
    });

    describeAttemptRunner(site);
    describeEnvironmentBuilder(site);
    describeInventory(site);
    describeAppConnector(site);
    describeLocalDataStore(site);
    describeLocalDataFiles(site);
  });
}
