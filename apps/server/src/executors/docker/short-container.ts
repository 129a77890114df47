/** Programs of the bootstrap that run in a container of their own and end by themselves. */
import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { planContainer, type ContainerPlan } from './container-plan.ts';
import { followOutput } from './environments.ts';
import { labelsOf, programs, shortInstallation } from './names.ts';

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
  { engine, installationId, image, engineCpus }: ShortContainerHost,
  { kind, program, arguments: given = [], labels, ...plan }: ShortProgram,
): Promise<{ exitCode: number; stdout: string[]; stderr: string[] }> {
  const name = `pumphouse-${shortInstallation(installationId)}-${kind}-${randomUUID()}`;
  const stdout: string[] = [];
  const stderr: string[] = [];
  try {
    const container = await engine.createContainer(
      planContainer({
        ...plan,
        name,
        image,
        command: [programs.python, '-I', '-S', `${programs.bootstrap}/${program}`, ...given],
        labels: labelsOf(installationId, kind, labels),
        engineCpus,
      }),
    );
    await followOutput(container, ({ stream, text }) => (stream === 'stdout' ? stdout : stderr).push(text));
    const { State: state } = await container.inspect();
    return { exitCode: state.ExitCode, stdout, stderr };
  } finally {
    // Anything that an unreachable engine keeps is found by its labels later.
    await engine
      .getContainer(name)
      .remove({ v: true, force: true })
      .catch(() => undefined);
  }
}
