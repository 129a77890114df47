import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { LongestFirst } from './testing/longest-first.ts';

const postgres = 'testing/fixtures/postgres-global-setup.ts';
const executor = 'testing/fixtures/executor-global-setup.ts';
const blobs = 'testing/fixtures/blobs-global-setup.ts';
const filesOf = (lane: string) => `**/*.${lane}.test.ts`;
/** For lanes whose tests often wait for clocks. Vitest runs lanes with other numbers of workers before them. */
const withThreeWorkers = { maxWorkers: 3, sequence: { groupOrder: 1 } };

/** The lanes of tests, described in docs/contribute/testing.md: a file's folder and name decide where it runs. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      describeLane('quick', {
        include: ['{packages,apps}/*/src/**/*.test.ts', 'testing/**/*.test.ts'],
        exclude: [
          'testing/{e2e,faults}/**',
          ...['machine', 'slow', 'release', 'containers', 'image', 'kubernetes'].map(filesOf),
        ],
        // The server's modules are loaded once for all files of a process.
        isolate: false,
        ...withThreeWorkers,
        testTimeout: 120_000,
        hookTimeout: 120_000,
        expect: { poll: { timeout: 60_000 } },
        env: { PUMPHOUSE_TEST_PATIENCE_SECONDS: '60' },
      }),
      describeLane('machine', { include: [filesOf('machine')] }),
      describeLane('servers', {
        include: ['testing/{e2e,faults}/**/*.test.ts'],
        exclude: ['slow', 'release'].map(filesOf),
        globalSetup: [postgres, executor, blobs],
        ...withThreeWorkers,
      }),
      describeLane('slow', {
        include: [filesOf('slow')],
        globalSetup: [postgres, executor, blobs],
        ...withThreeWorkers,
      }),
      describeLane('release', { include: [filesOf('release')], globalSetup: [postgres, executor, blobs] }),
      describeLane('containers', {
        include: [filesOf('containers')],
        globalSetup: [postgres, 'testing/fixtures/engines-global-setup.ts'],
        fileParallelism: false,
      }),
      describeLane('kubernetes', {
        include: [filesOf('kubernetes')],
        fileParallelism: false,
        env: { PUMPHOUSE_TEST_KUBERNETES: 'real' },
      }),
      describeLane('image', { include: [filesOf('image')], globalSetup: [], hookTimeout: 1_200_000 }),
    ],
  },
});

type Lane = NonNullable<TestProjectInlineConfiguration['test']>;

function describeLane(name: string, { exclude = [], ...own }: Lane): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      globalSetup: [postgres],
      exclude: [...configDefaults.exclude, ...exclude],
      // Only a test that hangs comes to these: no test may fail because the machine is slow, or builds its first environment.
      testTimeout: 660_000,
      hookTimeout: 660_000,
      expect: { poll: { timeout: 300_000 } },
      ...own,
    },
  };
}
