/** Volumes of the engine: made where they are not there yet, removed where nothing has them. */
import type Docker from 'dockerode';
import { asExecutorError, orNull } from './engine.ts';

/**
 * Makes the volume, or leaves the one that is there: two servers may need the same one at once. Both engines give back a volume
 * that is there, but Podman looks for it first, and refuses the later of two calls that come between its look and its making.
 */
export async function makeVolume(
  engine: Docker,
  name: string,
  labels: Record<string, string>,
): Promise<void> {
  try {
    await engine.createVolume({ Name: name, Labels: labels });
  } catch (error) {
    if ((await orNull(engine.getVolume(name).inspect())) === null) throw error;
  }
}

/** @throws ExecutorError backend while a container has it */
export async function removeVolume(engine: Docker, name: string): Promise<void> {
  try {
    await orNull(engine.getVolume(name).remove());
  } catch (error) {
    throw asExecutorError(error, `The volume ${name} could not be removed`);
  }
}
