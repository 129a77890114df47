import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryFolder } from '../../fixtures/server.ts';

/**
 * Finds what scripts/kubernetes-tools.mjs has built.
 * @returns the folder of the programs of Kubernetes
 * @throws Error that tells how to build them
 */
export async function findKubernetes(): Promise<string> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('A real Kubernetes for tests runs only on Linux and as root.');
  const script = join(repositoryFolder, 'scripts', 'kubernetes-tools.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--installed']);
  return stdout.trim();
}
