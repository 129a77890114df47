import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import type { BuiltManifest } from './manifest.ts';

interface ServerManifestInput {
  /** The deployment whose code is imported; null if the code is not on the server. */
  deploymentId: string | null;
  module: string;
  usesAll: boolean;
}

/**
 * Lets the server import the workspace's code, in the sandbox of a run, because there is no Python with dlt here.
 * @throws CommandError python_needed
 */
export async function buildOnServer(_session: Session, input: ServerManifestInput): Promise<BuiltManifest> {
  throw new CommandError(`${input.module}.py has to be imported, and there is no Python with dlt here.`, {
    code: 'python_needed',
    exitCode: exitCodes.usage,
    nextStep: 'Install dlt into .venv of the workspace, or choose an interpreter with --python.',
  });
}
