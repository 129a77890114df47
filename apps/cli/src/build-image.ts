import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openImageContext, readConfig } from '@pumphouse/server/operator';
import { withStore } from './admin.ts';

export interface BuildImageOptions {
  workspace: string;
  tag: string;
  engine?: 'podman' | 'docker';
  push?: boolean;
  context?: string;
}

/** Builds an image with the environments of a workspace, or writes the context for it. */
export async function buildImage(options: BuildImageOptions): Promise<void> {
  const folder = options.context ?? (await mkdtemp(join(tmpdir(), 'pumphouse-image-')));
  try {
    const { keys, baseImage } = await withStore((persistence) =>
      openImageContext(readConfig(), persistence)({ workspaceId: options.workspace, folder }),
    );
    write(`${keys.length} environments on ${baseImage}: ${keys.join(', ')}`);
    if (options.context !== undefined) {
      write(`Next: podman build --tag ${options.tag} --file ${join(folder, 'Containerfile')} ${folder}`);
      return;
    }
    const engine = options.engine ?? (await findEngine());
    await run(engine, ['build', '--tag', options.tag, '--file', join(folder, 'Containerfile'), folder]);
    if (options.push === true) await run(engine, ['push', options.tag]);
    write(describePatch(options));
  } finally {
    if (options.context === undefined) await rm(folder, { recursive: true, force: true });
  }
}

function describePatch({ workspace, tag }: BuildImageOptions): string {
  return [
    'Next: add this to PUMPHOUSE_KUBERNETES_POD_PATCH and restart the supervisors.',
    'workspaces:',
    `  ${workspace}:`,
    '    spec:',
    `      initContainers: [{ name: prepare, image: "${tag}" }]`,
    `      containers: [{ name: run, image: "${tag}" }]`,
  ].join('\n');
}

async function findEngine(): Promise<string> {
  for (const engine of ['podman', 'docker'])
    if (
      await run(engine, ['--version'], 'ignore').then(
        () => true,
        () => false,
      )
    )
      return engine;
  throw new Error(
    'Neither podman nor docker is installed here. Write the context with --context and build it elsewhere.',
  );
}

/** @throws Error if the program is missing or fails */
function run(command: string, args: string[], output: 'inherit' | 'ignore' = 'inherit'): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', output, output] });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args[0] ?? ''} failed with exit code ${code}.`));
    });
  });
}

function write(line: string): void {
  process.stderr.write(`${line}\n`);
}
