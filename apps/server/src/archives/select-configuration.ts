/** Builds the archive of the configuration for one run. */
import { Readable } from 'node:stream';
import { readConfigurationOf, type ConfigurationFile } from './configuration-archive.ts';
import { packConfiguration } from './pack-configuration.ts';

/** Builds an archive of the files that a profile reads: its own and those of all profiles. */
export async function selectConfiguration(
  archive: Buffer,
  profile: string,
): Promise<{ archive: Buffer; files: ConfigurationFile[] }> {
  const files = await readConfigurationOf(Readable.from([archive]), profile);
  const packed = files.map(({ name, text }) => ({ name, content: Buffer.from(text) }));
  return { archive: await packConfiguration(packed), files };
}
