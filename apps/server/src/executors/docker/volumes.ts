/** Volumes of the engine: created if missing, removed if unused. */
import type Docker from 'dockerode';
import { asExecutorError, orNull } from './engine.ts';

/**
 * Creates the volume, or keeps the existing one: two servers may need it at the same time. Both engines
 * return an existing volume, but Podman checks for it first, and rejects the later of two calls that arrive
 * between its check and the creation.
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

/** @throws ExecutorError backend while a container uses it */
export async function removeVolume(engine: Docker, name: string): Promise<void> {
  try {
    await orNull(engine.getVolume(name).remove());
  } catch (error) {
    throw asExecutorError(error, `The volume ${name} could not be removed`);
  }
}
