import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { importDebianRoot } from '../../deploy/images/debian-base.ts';
import { watchEngine } from '../../deploy/images/engine-command.ts';
import type { TestEngine } from '../fixtures/container-engine.ts';
import { repositoryFolder } from '../fixtures/server.ts';

export const serverImage = 'localhost/pumphouse:test';
export const postgresImage = 'localhost/pumphouse-test-postgres:17';
const nodeImage = 'localhost/pumphouse-test-node:24';

const npmVersion = '11.21.2';
/** This machine's CA bundle, because the package registry may use a private authority. */
const caBundle = process.env['SSL_CERT_FILE'] ?? '/etc/ssl/certs/ca-certificates.crt';
const caBundleInside = '/etc/ssl/certs/ca-certificates.crt';

const run = promisify(execFile);

/**
 * Builds the images that deploy/compose.yaml starts, from Debian's packages and the npm registry: nothing is
 * pulled.
 */
export async function buildComposeImages(engine: TestEngine): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-image-'));
  try {
    await buildNodeImage(engine, join(folder, 'node'));
    await buildServerImage(engine, join(folder, 'npmrc'));
    await buildPostgresImage(engine);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Replaces Node's own image: Debian, with Node 24 and npm. */
async function buildNodeImage(engine: TestEngine, context: string): Promise<void> {
  const base = await importDebianRoot(engine.command, {
    name: 'node:24',
    release: 'trixie',
    packages: ['ca-certificates', 'libstdc++6'],
  });
  await mkdir(context);
  // The tests run on Node 24 (scripts/with-tools.mjs), from an npm package.
  await copyFile(process.execPath, join(context, 'node'));
  const npm = await run('npm', ['pack', '--silent', `npm@${npmVersion}`], { cwd: context });
  const lines = [
    `FROM ${base}`,
    'COPY --chmod=755 node /usr/local/bin/node',
    `ADD ${basename(npm.stdout.trim())} /usr/local/lib/npm/`,
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'RUN ln -s ../lib/npm/package/bin/npm-cli.js /usr/local/bin/npm && chmod +x /usr/local/lib/npm/package/bin/npm-cli.js',
  ];
  await writeFile(join(context, 'Containerfile'), lines.join('\n'));
  await build(engine, nodeImage, [context]);
}

/** As described in docs/operate/compose.md, but with another base image and this machine's registry. */
async function buildServerImage(engine: TestEngine, npmrc: string): Promise<void> {
  const registry = await run('npm', ['config', 'get', 'registry'], { cwd: repositoryFolder });
  await writeFile(npmrc, `registry=${registry.stdout.trim()}\ncafile=${caBundleInside}\n`);
  const file = ['--file', join(repositoryFolder, 'deploy', 'Containerfile')];
  const base = ['--build-arg', `BASE=${nodeImage}`];
  const secret = ['--secret', `id=npmrc,src=${npmrc}`];
  const trusted = ['--volume', `${caBundle}:${caBundleInside}:ro`];
  await build(engine, serverImage, [...file, ...base, ...secret, ...trusted, repositoryFolder]);
}

async function buildPostgresImage(engine: TestEngine): Promise<void> {
  const base = await importDebianRoot(engine.command, {
    name: 'postgres:17',
    release: 'trixie',
    packages: ['postgresql-17'],
  });
  const context = join(repositoryFolder, 'testing', 'image', 'postgres');
  await build(engine, postgresImage, ['--build-arg', `BASE=${base}`, context]);
}

function build(engine: TestEngine, name: string, args: string[]): Promise<void> {
  return watchEngine(engine.command, ['build', '--quiet', '--format', 'docker', '--tag', name, ...args]);
}
