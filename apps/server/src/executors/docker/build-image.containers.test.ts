import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyBootstrap } from '@pumphouse/testing/fixtures/copy-bootstrap.ts';
import { findInstalledEngines } from '../../../../../testing/fixtures/container-engine.ts';
import type { EnvironmentLine } from '../contract/environment-builder.ts';
import { fingerprintBootstrap } from './bootstrap-fingerprint.ts';
import {
  createEngineFixture,
  createInstallation,
  imageSources,
  type EngineFixture,
} from './testing/engine-fixture.ts';

const python = '3.13';
/** The default base of the recipe. */
const officialBase = `docker.io/library/python:${python}-slim`;

describe.each(await findInstalledEngines())('a server without a runner image on %s', (kind) => {
  let testContext: EngineFixture;
  /** The image with Python on which test engines are based, from Debian's packages. */
  let debianBase: string;
  let folder: string;
  /** A bootstrap of another version. */
  let otherBootstrap: string;

  beforeAll(async () => {
    testContext = await createEngineFixture(kind);
    debianBase = await readLabel(`localhost/pumphouse-runner:${python}`, 'pumphouse.base');
    // The images from the registry are already present, so nothing is pulled.
    await testContext.testEngine.call(['tag', debianBase, officialBase]);
    folder = await mkdtemp(join(tmpdir(), 'pumphouse-images-'));
    otherBootstrap = join(folder, 'bootstrap');
    await copyBootstrap(imageSources.bootstrapFolder, otherBootstrap);
    await writeFile(join(otherBootstrap, 'added.py'), `# ${randomUUID()}\n`);
  });
  afterAll(async () => {
    // Docker keeps its images for the next test.
    for (const { Id: id } of await listOwn()) await testContext.engine.getImage(id).remove({ force: true });
    await testContext.testEngine.call(['rmi', officialBase]);
    await testContext.close();
    await rm(folder, { recursive: true });
  });

  const listOwn = (more: Record<string, string[]> = {}) =>
    testContext.engine.listImages({
      filters: { label: [`pumphouse.installation=${testContext.installationId}`], ...more },
    });

  async function readLabel(image: string, label: string): Promise<string> {
    return (await testContext.engine.getImage(image).inspect()).Config.Labels[label] ?? '';
  }

  /** A server of this version with images of this name. */
  const createExecutor = (name: string) =>
    testContext.createExecutor({ runnerImage: `${name}:{python}`, imageSources });

  const createOtherVersion = (name: string) =>
    testContext.createExecutor({
      runnerImage: `${name}:{python}`,
      bootstrapDir: otherBootstrap,
      imageSources: { ...imageSources, bootstrapFolder: otherBootstrap },
    });

  const build = async (executor: ReturnType<typeof createExecutor>) => {
    const lines: EnvironmentLine[] = [];
    const location = await executor.buildEnvironment(testContext.describeEnvironment(), (line) =>
      lines.push(line),
    );
    return { location, text: lines.map(({ text }) => text).join('\n') };
  };

  /** An image built manually for another version. */
  async function makeOutdated(name: string, labels: Record<string, string>): Promise<void> {
    const all = { 'pumphouse.runner': '1', 'pumphouse.bootstrap': 'of another version', ...labels };
    const options = Object.entries(all).flatMap(([label, value]) => ['--label', `${label}=${value}`]);
    const context = await mkdtemp(join(folder, 'outdated-'));
    const recipe = join(context, 'Containerfile');
    await writeFile(recipe, `FROM ${debianBase}\n`);
    await testContext.testEngine.call([
      'build',
      ...options,
      '--file',
      recipe,
      '--tag',
      `${name}:${python}`,
      context,
    ]);
  }

  it('builds it and reports that to the run; a second server that needs it meanwhile does no harm', async () => {
    const [first, second] = await Promise.all([
      build(createExecutor('localhost/not-there')),
      build(createExecutor('localhost/not-there')),
    ]);
    const image = `localhost/not-there:${python}-${(await fingerprintBootstrap(imageSources.bootstrapFolder)).slice(0, 12)}`;
    expect(first.text).toContain(`Building the image ${image}`);
    expect(first.text).toMatch(/finish-image\.py/);
    expect(await readLabel(image, 'pumphouse.base')).toBe(officialBase);
    expect(await readLabel(image, 'pumphouse.installation')).toBe(testContext.installationId);
    const third = createExecutor('localhost/not-there');
    expect(await third.hasEnvironment(first.location)).toBe(true);
    expect(await third.hasEnvironment(second.location)).toBe(true);
    expect((await build(third)).text).not.toContain('Building the image');
  });

  it('leaves an outdated manual image alone and builds its own from the same base', async () => {
    await makeOutdated('localhost/outdated', { 'pumphouse.base': debianBase });
    const { text } = await build(createExecutor('localhost/outdated'));
    expect(text).toContain(`Building the image localhost/outdated:${python}-`);
    const [made] = await listOwn({ reference: ['localhost/outdated'] });
    expect(made?.Labels?.['pumphouse.base']).toBe(debianBase);
    expect(await readLabel(`localhost/outdated:${python}`, 'pumphouse.bootstrap')).toBe('of another version');
  });

  it('does not replace an image with custom certificates, and says what to do', async () => {
    await makeOutdated('localhost/certified', {
      'pumphouse.base': debianBase,
      'pumphouse.certificates': 'given',
    });
    await expect(build(createExecutor('localhost/certified'))).rejects.toMatchObject({
      kind: 'image',
      message: expect.stringMatching(/certificates of your own.*npm run images -- --ca-bundle FILE 3\.13/),
    });
  });

  it('reports the engine’s error when the build fails, and missing source files', async () => {
    const broken = await mkdtemp(join(folder, 'broken-'));
    await cp(imageSources.imagesFolder, broken, { recursive: true });
    await writeFile(join(broken, 'finish-image.py'), 'raise SystemExit("the disk of the engine is full")\n');
    const executor = (imagesFolder: string) =>
      testContext.createExecutor({
        runnerImage: 'localhost/broken:{python}',
        imageSources: { ...imageSources, imagesFolder },
      });
    await expect(build(executor(broken))).rejects.toMatchObject({
      kind: 'image',
      message: expect.stringMatching(
        /could not be built: [^]*the disk of the engine is full[^]*npm run images -- 3\.13/,
      ),
    });
    await expect(build(executor(join(folder, 'nowhere')))).rejects.toMatchObject({
      kind: 'image',
      message: expect.stringMatching(/does not have the files[^]*npm run images -- 3\.13/),
    });
  });

  it('treats the image of an older version as replaced by a later one, and can go back to it', async () => {
    const listImages = async (executor: ReturnType<typeof createExecutor>) => {
      const all = await executor.listResources({ withSizes: false });
      return new Map(
        all.flatMap(({ id, owner }) => (owner.kind === 'runner-image' ? [[id, owner] as const] : [])),
      );
    };
    const older = createExecutor('localhost/upgraded');
    const later = createOtherVersion('localhost/upgraded');
    await build(older);
    const before = await listImages(later);
    expect([...before.values()].map(({ replacedAt }) => replacedAt)).not.toContainEqual(expect.any(Date));
    const { location } = await build(later);
    const after = await listImages(later);
    const added = [...after.keys()].filter((id) => !before.has(id));
    expect(added.map((id) => after.get(id)?.replacedAt)).toEqual([null]);
    for (const id of before.keys()) expect(after.get(id)?.replacedAt).toEqual(expect.any(Date));
    // The environment of the later version also works for the older one, which still has its own image.
    expect(await older.hasEnvironment(location)).toBe(true);
    const back = await listImages(older);
    for (const id of before.keys()) expect(back.get(id)?.replacedAt).toBeNull();
    const replacedAt = added.map((id) => back.get(id)?.replacedAt?.getTime() ?? 0)[0] ?? 0;
    expect(replacedAt).toBeGreaterThan(Date.now() - 600_000);
    for (const id of added) await older.removeResource({ kind: 'image', id });
    expect(new Set((await listImages(later)).keys())).toEqual(new Set(before.keys()));
  });

  it('lists no image of another installation or without an owner', async () => {
    const other = await createInstallation(testContext.testEngine, testContext.routes);
    const listed = await other.createExecutor().listResources({ withSizes: false });
    expect(listed.filter((one) => one.kind === 'image')).toEqual([]);
  });
});
