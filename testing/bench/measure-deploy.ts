import type { BenchFixture } from './bench-fixture.ts';
import type { ClientWorkspace } from '../fixtures/client-workspace.ts';
import type { Row } from './report.ts';
import { runCommand } from './command-output.ts';
import { summarize } from './samples.ts';

/** `dlthub deploy` without changes, compared with the client's own overhead. */
export async function measureDeploy({ scripts, install }: BenchFixture, rounds: number): Promise<Row[]> {
  const deploys: number[] = [];
  const starts: number[] = [];
  const manifests: number[] = [];
  const { client, bare } = scripts;
  // The client's own interpreter, as the client uses it to read the workspace's jobs.
  const manifest = [install.python, '-m', 'dlt._workspace.deployment._manifest_worker', '__deployment__'];
  for (let round = 0; round < rounds; round += 1) {
    deploys.push(await timeClient(client, ['deploy']));
    starts.push(await timeClient(client, ['--version']));
    manifests.push((await runCommand(manifest, bare)).durationMs);
  }
  const name = 'deploy without change';
  const figure = summarize(deploys);
  const row = (baseline: Row['baseline']): Row => ({ name, unit: 'ms', figure, baseline, goal: null });
  return [
    row({ name: 'dlthub --version', figure: summarize(starts) }),
    row({ name: 'reading the jobs alone', figure: summarize(manifests) }),
  ];
}

async function timeClient(client: ClientWorkspace, args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  await client.dlthub(args);
  return performance.now() - startedAt;
}
