/** Programs of the bootstrap that run in a container of their own and end by themselves. */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { planContainer, type ContainerPlan } from './container-plan.ts';
import { attachOutput, type AttachedOutput } from './container-output.ts';
import { followOutput } from './environments.ts';
import { labelsOf, programs, shortInstallation } from './names.ts';

const closingSeconds = 5;

/** Where such containers run. */
export interface ShortContainerHost {
  engine: Docker;
  installationId: string;
  /** Id of a runner image of this version. */
  image: string;
  engineCpus: number;
}

export interface ShortProgram extends Pick<ContainerPlan, 'user' | 'mounts' | 'network' | 'limits'> {
  kind: 'copying' | 'reading';
  /** File of the bootstrap, and its arguments. */
  program: string;
  arguments?: readonly string[];
  labels?: Record<string, string>;
}

/** Runs a program to its end and removes its container. */
export async function runShortContainer(
  host: ShortContainerHost,
  program: ShortProgram,
): Promise<{ exitCode: number; stdout: string[]; stderr: string[] }> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const plan = planShortContainer(host, program);
  try {
    const container = await host.engine.createContainer(plan);
    await followOutput(container, ({ stream, text }) => (stream === 'stdout' ? stdout : stderr).push(text));
    const { State: state } = await container.inspect();
    return { exitCode: state.ExitCode, stdout, stderr };
  } finally {
    await discard(host, plan.name);
  }
}

export interface OpenedProgram {
  stdout: Readable;
  stderr: Readable;
  /** Its exit code; null if the engine was lost. Never rejects. Its container is removed by then. */
  ended: Promise<number | null>;
  /** Sends SIGTERM, and SIGKILL if that does not end it. */
  close: () => void;
}

/**
 * Starts a program whose output is read as it comes and is not logged by the engine.
 * @throws the engine's error
 */
export async function openShortContainer(
  host: ShortContainerHost,
  program: ShortProgram,
): Promise<OpenedProgram> {
  const plan = planShortContainer(host, { ...program, isLogged: false });
  let output: AttachedOutput | null = null;
  try {
    const container = await host.engine.createContainer(plan);
    output = await attachOutput(container);
    await container.start();
    const { stdout, stderr, close } = output;
    let hasEnded = false;
    const awaitEnd = async (): Promise<number | null> => {
      const code = await readExitCode(container);
      hasEnded = true;
      await discard(host, plan.name);
      return code;
    };
    return {
      stdout,
      stderr,
      ended: awaitEnd(),
      close() {
        close();
        if (!hasEnded) container.stop({ t: closingSeconds }).catch(() => undefined);
      },
    };
  } catch (error) {
    output?.close();
    await discard(host, plan.name);
    throw error;
  }
}

async function readExitCode(container: Docker.Container): Promise<number | null> {
  try {
    const { StatusCode: code } = await container.wait();
    return code;
  } catch {
    // The engine is lost.
    return null;
  }
}

function planShortContainer(
  { installationId, image, engineCpus }: ShortContainerHost,
  { kind, program, arguments: given = [], labels, ...plan }: ShortProgram & Pick<ContainerPlan, 'isLogged'>,
) {
  return planContainer({
    ...plan,
    name: `pumphouse-${shortInstallation(installationId)}-${kind}-${randomUUID()}`,
    image,
    command: [programs.python, '-I', '-S', `${programs.bootstrap}/${program}`, ...given],
    labels: labelsOf(installationId, kind, labels),
    engineCpus,
  });
}

/** Anything that an unreachable engine keeps is found by its labels later. */
async function discard({ engine }: ShortContainerHost, name: string): Promise<void> {
  await engine
    .getContainer(name)
    .remove({ v: true, force: true })
    .catch(() => undefined);
}
