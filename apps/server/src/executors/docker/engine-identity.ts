/** Which engine this is: what is missing on one engine says nothing about another that answers at the same address. */
import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { orNull } from './engine.ts';
import { labels, labelsOf, shortInstallation } from './names.ts';
import { makeVolume } from './volumes.ts';

/**
 * The engine's id for this installation: the label of a volume that is made at first use and lives as long as the engine's storage.
 * The ids that engines give themselves will not do: Podman's is another one at each call.
 */
export async function readEngineId(engine: Docker, installationId: string): Promise<string> {
  const name = `pumphouse-${shortInstallation(installationId)}-engine`;
  const found = await readMark(engine, name);
  if (found !== null) return found;
  await makeVolume(engine, name, labelsOf(installationId, 'engine', { [labels.engine]: randomUUID() }));
  // Read again: another server may have been first, and an engine gives back the volume that is there.
  const made = await readMark(engine, name);
  if (made === null) throw new Error(`The volume ${name} is not there although it was made.`);
  return made;
}

async function readMark(engine: Docker, name: string): Promise<string | null> {
  const volume = await orNull(engine.getVolume(name).inspect());
  return volume?.Labels[labels.engine] ?? null;
}
