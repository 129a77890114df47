/**
 * Identifies an engine: an object that is missing on one engine may exist on another one at the same address.
 */
import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { orNull } from './engine.ts';
import { labels, labelsOf, shortInstallation } from './names.ts';
import { makeVolume } from './volumes.ts';

/**
 * Reads the engine's id for this installation: the label of a volume that is created on first use and lives
 * as long as the engine's storage. Engines' own ids are unsuitable, because Podman's changes with each call.
 */
export async function readEngineId(engine: Docker, installationId: string): Promise<string> {
  const name = `pumphouse-${shortInstallation(installationId)}-engine`;
  const found = await readMark(engine, name);
  if (found !== null) return found;
  await makeVolume(engine, name, labelsOf(installationId, 'engine', { [labels.engine]: randomUUID() }));
  // Read again: another server may have been faster, and an engine returns the existing volume.
  const made = await readMark(engine, name);
  if (made === null) throw new Error(`The volume ${name} is missing although it was created.`);
  return made;
}

async function readMark(engine: Docker, name: string): Promise<string | null> {
  const volume = await orNull(engine.getVolume(name).inspect());
  return volume?.Labels[labels.engine] ?? null;
}
