import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestEngine } from '../fixtures/container-engine.ts';
import { findFreePort } from '../fixtures/free-port.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { postgresImage, serverImage } from './compose-images.ts';

interface CommandOutput {
  stdout: string;
  stderr: string;
}

/** The services of deploy/compose.yaml on a test engine, with a .env like an operator's. */
export interface ComposeSite {
  url: string;
  /** Where apps are published, on 127.0.0.1. */
  appsPort: string;
  folder: string;
  databasePassword: string;
  /** The engine's socket, on this machine. */
  socket: string;
  /** The group of the engine's socket. */
  engineGid: number;
  /**
   * Runs `docker compose <args>`.
   * @throws Error with its output when it fails
   */
  compose(args: readonly string[], input?: string): Promise<CommandOutput>;
  /** Runs a shell script in the site's folder, in which `docker compose` is this one. */
  script(script: string): Promise<CommandOutput>;
  /** Runs Podman's health checks in place of systemd, until it is stopped. */
  stop(): Promise<void>;
}

/** Not a group of root or of any user here: only this group gives access to the socket. */
const engineGid = 60_903;
const containerNames = ['pumphouse-database-1', 'pumphouse-server-1'];
const healthIntervalMs = 1000;

export async function openComposeSite(engine: TestEngine): Promise<ComposeSite> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-compose-'));
  const socket = engine.url.replace(/^unix:\/\//, '');
  await chown(socket, 0, engineGid);
  await chmod(socket, 0o660);
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const appsPort = String(await findFreePort());
  const databasePassword = randomBytes(24).toString('hex');
  await writeSettings(folder, { url, appsPort, socket, databasePassword });
  const env = { PATH: `${folder}/bin:${process.env['PATH']}`, HOME: folder, DOCKER_HOST: engine.url };
  const health = watchHealth(engine);

  const call = (command: string, args: readonly string[], input = '') =>
    runCommand(command, args, { cwd: folder, env }, input);
  return {
    url,
    appsPort,
    folder,
    socket,
    databasePassword,
    engineGid,
    compose: (args, input) => call('docker', ['compose', ...args], input),
    script: (script) => call('sh', ['-euc', script]),
    async stop() {
      await health.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeSettings(
  folder: string,
  site: Pick<ComposeSite, 'url' | 'appsPort' | 'socket' | 'databasePassword'>,
): Promise<void> {
  const passwordFile = join(folder, 'secrets', 'database-password');
  await mkdir(join(folder, 'secrets'), { mode: 0o700 });
  await writeFile(passwordFile, `${site.databasePassword}\n`);
  await chmod(passwordFile, 0o444);
  const deploy = join(repositoryFolder, 'deploy');
  const example = await readFile(join(deploy, '.env.example'), 'utf8');
  const changed = [
    `PUMPHOUSE_PUBLIC_URL=${site.url}`,
    `PUMPHOUSE_PUBLISH=${new URL(site.url).host}`,
    `PUMPHOUSE_APPS_PUBLISH=127.0.0.1:${site.appsPort}`,
    `PUMPHOUSE_ENGINE_SOCKET=${site.socket}`,
    `PUMPHOUSE_ENGINE_GID=${engineGid}`,
    `DATABASE_PASSWORD_FILE=${passwordFile}`,
    `PUMPHOUSE_IMAGE=${serverImage}`,
    `PUMPHOUSE_POSTGRES_IMAGE=${postgresImage}`,
  ];
  await writeFile(join(folder, '.env'), `${example}\n${changed.join('\n')}\n`);
  await copyFile(join(deploy, 'compose.yaml'), join(folder, 'compose.yaml'));
  // Debian ships compose as a separate command.
  await mkdir(join(folder, 'bin'));
  const docker = join(folder, 'bin', 'docker');
  await writeFile(docker, '#!/bin/sh\n[ "$1" = compose ] && shift && exec docker-compose "$@"\n');
  await chmod(docker, 0o755);
}

function watchHealth(engine: TestEngine): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      // A missing or stopped container has no health.
      const checks = containerNames.map((name) => engine.call(['healthcheck', 'run', name]));
      await Promise.allSettled(checks);
      await delay(healthIntervalMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

async function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
  input: string,
): Promise<CommandOutput> {
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}: ${stdout}${stderr}`);
  return { stdout, stderr };
}
