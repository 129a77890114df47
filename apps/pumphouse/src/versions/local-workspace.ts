import { buildManifest, locateScript } from '../manifest/build-manifest.ts';
import { findPython, type Python } from '../manifest/find-python.ts';
import type { BuiltManifest } from '../manifest/manifest.ts';
import { buildOnServer } from '../manifest/server-manifest.ts';
import type { Session } from '../session/session.ts';
import { requireFolder } from '../workspaces/workspace-folder.ts';
import { readLocalVersions, type LocalVersions, type SyncResult } from './sync-workspace.ts';

/** The workspace folder as it is now: its files, their hashes, and its interpreter. */
export interface LocalWorkspace {
  root: string;
  /** The script whose jobs are meant, relative to the root; null for `__deployment__.py`. */
  script: string | null;
  local: LocalVersions;
  python: Python | null;
}

/**
 * Reads the workspace folder at or above the current one. Nothing is sent.
 * @throws CommandError no_workspace_folder, script_not_found, python_not_found
 */
export async function openLocalWorkspace(
  session: Session,
  { script, pythonName }: { script: string | null; pythonName: string | undefined },
): Promise<LocalWorkspace> {
  const { terminal } = session;
  const { path: root } = requireFolder(session.folder, terminal.folder);
  const located = script === null ? null : locateScript(root, terminal.folder, script);
  const python = findPython(root, { named: pythonName, env: terminal.env });
  const local = await readLocalVersions(root);
  for (const warning of local.warnings) terminal.note(warning);
  return { root, script: located, local, python };
}

/**
 * Reads the jobs of the workspace or of its script.
 * @param options.sync uploads the code, or finds it on the server, in case the server has to import it
 */
export async function readLocalManifest(
  session: Session,
  { root, script, local, python }: LocalWorkspace,
  { isFresh, sync }: { isFresh: boolean; sync: () => Promise<SyncResult> },
): Promise<BuiltManifest> {
  return buildManifest({
    root,
    script,
    python,
    contentHash: local.code.contentHash,
    env: session.terminal.env,
    isFresh,
    async buildOnServer(module, usesAll) {
      const { deployment } = await sync();
      // A dry run has not uploaded the code, so the server cannot import it.
      const deploymentId = deployment.outcome === 'would_upload' ? null : deployment.id;
      return buildOnServer(session, { deploymentId, module, usesAll, isFresh });
    },
  });
}
