import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { preparedFolder, startTestEngine } from '../../fixtures/container-engine.ts';
import { prepareEngineImages, runnerImageName } from '../../fixtures/engine-images.ts';
import { repositoryFolder } from '../../fixtures/server.ts';

/** The first process of each pod: holds its namespaces, and reaps its orphans. */
export const pauseImage = 'localhost/pumphouse-pause:1';
export const runImage = runnerImageName('3.13');

const folder = join(repositoryFolder, '.tools', 'kubernetes');
const pauseProgram = '/usr/bin/catatonit';

/**
 * Creates the archive of images for nodes with Podman. Does nothing if it is up to date.
 * @returns its path
 */
export async function prepareNodeImages(): Promise<string> {
  await prepareEngineImages('podman');
  const archive = join(folder, 'images.tar');
  const marker = join(folder, 'made-of');
  const wanted = createHash('sha256')
    .update(await readFile(join(preparedFolder('podman'), 'made-of')))
    .update(await readFile(pauseProgram))
    .digest('hex');
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return archive;
  await mkdir(folder, { recursive: true });
  await rm(marker, { force: true });
  await saveImages(`${archive}.unfinished`);
  await rename(`${archive}.unfinished`, archive);
  await writeFile(marker, wanted);
  return archive;
}

async function saveImages(archive: string): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const engine = await startTestEngine('podman');
  stack.defer(() => engine.close());
  const root = await mkdtemp(join(tmpdir(), 'pumphouse-pause-'));
  stack.defer(() => rm(root, { recursive: true, force: true }));
  await copyFile(pauseProgram, join(root, 'pause'));
  const layer = join(root, 'layer.tar');
  await promisify(execFile)('tar', ['-C', root, '-cf', layer, 'pause']);
  await engine.call(['import', '--change', 'ENTRYPOINT ["/pause","-P"]', layer, pauseImage]);
  await rm(archive, { force: true });
  await engine.call(['save', '--multi-image-archive', '--output', archive, runImage, pauseImage]);
}
