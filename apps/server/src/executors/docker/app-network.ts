/** Attempts with an isolated network: no one can connect to them, except their server through the engine. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ContainerInspectInfo } from 'dockerode';
import { ExecutorError } from '../contract/executor-error.ts';
import { allowSilence, engineMessage, isConflict, isMissing } from './engine.ts';
import { attemptName, labels, programs } from './names.ts';
import { createRelay, type Relay } from './relay.ts';

/** The "nobody" user, so that user code cannot end the relay, and the relay cannot affect user code. */
const relayUser = '65534:65534';
/** An idle relay in a container is kept for the next connection; it uses some of the run's memory. */
const idleMilliseconds = 60_000;
const firstPauseMilliseconds = 10;
const maxPauseMilliseconds = 200;
const closingSeconds = 30;

/** Values of the network label of containers with an isolated network. Earlier releases wrote `apart`. */
const isolatedNetworks: ReadonlySet<string | undefined> = new Set(['isolated', 'apart']);

function isIsolated(container: ContainerInspectInfo): boolean {
  return isolatedNetworks.has(container.Config.Labels[labels.network]);
}

/**
 * Blocks connections from outside into a container's network. The bootstrap waits for that before user code
 * starts. The engine does it, because no process in the container has the privilege, or gets it afterwards. A
 * second call changes nothing.
 */
export async function closeNetwork(engine: Docker, attemptId: string): Promise<void> {
  try {
    await runClosing(engine.getContainer(attemptName(attemptId)));
  } catch (error) {
    // An attempt that has ended needs no closing.
    if (!isMissing(error) && !isConflict(error)) throw error;
  }
}

async function runClosing(container: Docker.Container): Promise<void> {
  const exec = await container.exec({
    Cmd: [programs.python, '-I', '-S', `${programs.bootstrap}/closed_network.py`],
    User: '0:0',
    Privileged: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({});
  allowSilence(stream);
  const pieces: Buffer[] = [];
  stream.on('error', () => undefined);
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  const code = await awaitExit(exec);
  stream.destroy();
  if (code === 0) return;
  // The engine puts headers between the pieces of output.
  const output = Buffer.concat(pieces)
    .toString('utf8')
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim();
  throw new ExecutorError(
    'config',
    `The engine cannot close the network of an app to other containers: ${output || `exit code ${code}`}`,
  );
}

async function awaitExit(exec: Docker.Exec): Promise<number | null> {
  const giveUpAt = performance.now() + closingSeconds * 1000;
  for (let pause = firstPauseMilliseconds; ; pause = Math.min(pause * 2, maxPauseMilliseconds)) {
    const { Running: isRunning, ExitCode: code } = await exec.inspect();
    if (!isRunning && code !== null) return code;
    if (performance.now() > giveUpAt)
      throw new ExecutorError('backend', 'The engine did not close the network of an app in time.');
    await sleep(pause);
  }
}

export type Connections = ReturnType<typeof createConnections>;

/** Keeps one relay to each container with connections. */
export function createConnections() {
  const relays = new Map<string, Promise<Relay>>();
  const idle = new Map<string, NodeJS.Timeout>();

  function end(attemptId: string): void {
    clearTimeout(idle.get(attemptId));
    idle.delete(attemptId);
    const relay = relays.get(attemptId);
    relays.delete(attemptId);
    relay?.then(
      (open) => open.close(),
      () => undefined,
    );
  }

  function begin(attemptId: string, container: Docker.Container): Promise<Relay> {
    const started: Promise<Relay> = startRelay(container, {
      onEnd: () => relays.get(attemptId) === started && end(attemptId),
      onIdle: () => {
        clearTimeout(idle.get(attemptId));
        idle.set(attemptId, setTimeout(() => end(attemptId), idleMilliseconds).unref());
      },
    });
    relays.set(attemptId, started);
    started.catch(() => relays.get(attemptId) === started && relays.delete(attemptId));
    return started;
  }

  return {
    /** @throws ExecutorError backend */
    async connect(engine: Docker, attemptId: string, port: number): Promise<Duplex> {
      const container = engine.getContainer(attemptName(attemptId));
      const known = await relays.get(attemptId)?.catch(() => undefined);
      clearTimeout(idle.get(attemptId));
      const relay =
        known?.isOpen === true ? known : await (relays.get(attemptId) ?? begin(attemptId, container));
      try {
        return await relay.open(port);
      } catch (error) {
        throw new ExecutorError('backend', engineMessage(error), { cause: error });
      }
    },
    end,
  };
}

async function startRelay(
  container: Docker.Container,
  { onEnd, onIdle }: { onEnd: () => void; onIdle: () => void },
): Promise<Relay> {
  try {
    const found = await container.inspect();
    if (!isIsolated(found)) throw new ExecutorError('backend', 'The attempt has no isolated network.');
    const exec = await container.exec({
      Cmd: [programs.python, '-I', '-S', `${programs.bootstrap}/relay/__main__.py`],
      User: relayUser,
      AttachStdin: true,
      AttachStdout: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    allowSilence(stream);
    // Open connections keep the process alive anyway; an idle relay must not delay shutdown.
    if (stream instanceof Socket) stream.unref();
    return createRelay(stream, onEnd, onIdle);
  } catch (error) {
    if (isMissing(error) || isConflict(error))
      throw new ExecutorError('backend', 'The attempt does not run.', { cause: error });
    throw error;
  }
}
