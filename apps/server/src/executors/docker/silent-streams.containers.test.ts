import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines } from '../../../../../testing/fixtures/container-engine.ts';
import { createImageBuilder } from './build-image.ts';
import { connectEngine } from './engine.ts';
import { followOutput } from './environments.ts';
import { createEngineFixture, imageSources, type EngineFixture } from './testing/engine-fixture.ts';

const image = 'localhost/pumphouse-runner:3.13';
/** Both long, so that the other calls are answered in time on a slow machine. */
const patienceSeconds = 30;
const silenceSeconds = 40;

describe.each(await findInstalledEngines())('a client of %s with a short response timeout', (kind) => {
  let context: EngineFixture;
  let engine: Docker;
  let folder: string;

  beforeAll(async () => {
    context = await createEngineFixture(kind);
    engine = await connectEngine({ url: context.testEngine.url, tls: null }, patienceSeconds * 1000);
    folder = await mkdtemp(join(tmpdir(), 'pumphouse-images-'));
  });
  afterAll(async () => {
    await context.close();
    await rm(folder, { recursive: true });
  });

  it('follows a container to its end that is silent for longer', async () => {
    const container = await engine.createContainer({
      Image: image,
      Entrypoint: [],
      Cmd: ['sh', '-c', `sleep ${silenceSeconds}; echo spoken`],
    });
    const lines: string[] = [];
    await followOutput(container, ({ text }) => lines.push(text));
    expect(lines).toEqual(['spoken']);
    await container.remove();
  });

  it('releases a container that is aborted before it has started', async () => {
    const container = await engine.createContainer({ Image: image, Entrypoint: [], Cmd: ['true'] });
    const countConnections = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
    const before = countConnections();
    // Docker keeps the connection open even after the container is removed, which would block a server's
    // shutdown forever.
    expect(await followOutput(container, () => undefined, AbortSignal.abort())).toEqual([]);
    await container.remove();
    await expect.poll(countConnections).toBeLessThanOrEqual(before);
  });

  it('follows an image build to its end that is silent for longer', async () => {
    await cp(imageSources.imagesFolder, folder, { recursive: true });
    const finish = await readFile(join(folder, 'finish-image.py'), 'utf8');
    // Unique, so that no engine has the step in its cache.
    const pause = `import time\ntime.sleep(${silenceSeconds})\nprint("spoken at ${Date.now()}")\n`;
    await writeFile(join(folder, 'finish-image.py'), `${pause}${finish}`);
    const base = (await engine.getImage(image).inspect()).Config.Labels['pumphouse.base'] ?? '';
    const build = createImageBuilder(engine, context.installationId, {
      ...imageSources,
      imagesFolder: folder,
    });
    const lines: string[] = [];
    const reference = 'localhost/silent:3.13';
    await build({ reference, python: '3.13', base }, (text) => lines.push(text));
    expect(lines.join('\n')).toContain('spoken at');
    await engine.getImage(reference).remove({ force: true });
  });
});
