/** Which Python a run gets, and what to do if there is none. */
import type { InstallSet, RequirementsManifest } from './requirements.ts';
import { allowsPython, supportedPythons } from '@pumphouse/contract';

/**
 * @param versions full versions, such as 3.13.5
 * @returns the minor versions that dlt supports, newest first
 */
export function chooseSupported(versions: readonly string[]): string[] {
  const minors = new Set(versions.map((version) => version.split('.').slice(0, 2).join('.')));
  return supportedPythons.filter((minor) => minors.has(minor));
}

export interface ChosenPython {
  version: string;
  /** For the log; null if the code names the version. */
  note: string | null;
}

/**
 * Chooses the Python of an environment: the version that the code names, else one that it allows.
 * @param listPythons the versions of the builder, preferred first
 */
export async function choosePython(
  { pythonVersion, requiresPython }: Pick<InstallSet, 'pythonVersion' | 'requiresPython'>,
  listPythons: () => Promise<readonly string[]>,
): Promise<ChosenPython> {
  if (requiresPython === undefined) return { version: pythonVersion, note: null };
  const version = (await listPythons()).find((minor) => allowsPython(requiresPython, minor));
  // Without one, the builder installs this version or tells why it cannot.
  if (version === undefined) return { version: pythonVersion, note: null };
  const note = `Python ${version} is the newest installed one that the workspace allows (${requiresPython}); .python-version chooses another.`;
  return { version, note };
}

/** Clients that send requirements in ways of their own. A manifest without one is from `dlthub`. */
export type RequirementsClient = 'pumphouse' | 'dlt-runtime' | 'dlt-runtime<0.26';

/**
 * What the user of the client that sent the requirements can do if their Python is not there.
 * @param python a version that is there
 */
export function advisePython({ client }: RequirementsManifest, python: string): string {
  switch (client) {
    case 'pumphouse':
      return `Or run pumphouse deploy --python ${python}, or write ${python} into .python-version and deploy again.`;
    case 'dlt-runtime<0.26':
      return `Or write ${python} into .python-version and run dlt runtime deploy.`;
    default: {
      const command = client === 'dlt-runtime' ? 'dlt runtime deploy' : 'dlthub deploy';
      return `Or run ${command} in an environment with Python ${python} (uv venv --python ${python} creates one).`;
    }
  }
}
