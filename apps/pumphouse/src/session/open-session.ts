import { createClient } from '@pumphouse/client';
import { openFetch } from '../http/open-fetch.ts';
import { createPatientFetch } from '../http/patient-fetch.ts';
import { createSignedFetch } from '../http/signed-fetch.ts';
import { openCredential } from '../sign-in/credential.ts';
import { openTerminal } from '../terminal/terminal.ts';
import { findWorkspaceFolder } from '../workspaces/workspace-folder.ts';
import { chooseServer } from './choose-server.ts';
import { chooseWorkspace } from './choose-workspace.ts';
import type { GlobalOptions, Session } from './session.ts';
import { formatJson } from '../terminal/plain-text.ts';

/** Opens the session of a command. Nothing is sent to the server yet. */
export async function openSession(owner: NodeJS.Process, options: GlobalOptions): Promise<Session> {
  const terminal = openTerminal(owner, { isQuiet: options.quiet ?? false });
  const { env } = terminal;
  const folder = await findWorkspaceFolder(terminal.folder);
  const serverUrl = await chooseServer({ env, named: options.server, folder });
  const fetch = createPatientFetch({ fetch: await openFetch(env, serverUrl), serverUrl, terminal });
  const credential = await openCredential({ env, serverUrl, fetch });
  const signedFetch = createSignedFetch(fetch, credential);
  const client = createClient({
    baseUrl: serverUrl,
    credential: () => credential.current(),
    fetch: signedFetch,
  });
  const isJson = options.json ?? false;
  let workspaceId: Promise<string> | null = null;

  return {
    terminal,
    serverUrl,
    credential,
    client,
    fetch: signedFetch,
    folder,
    isJson,
    workspaceId() {
      workspaceId ??= chooseWorkspace({ client, credential, folder, serverUrl, named: options.workspace });
      return workspaceId;
    },
    show(data, render) {
      terminal.print(isJson ? formatJson(data, 2) : render());
    },
  };
}
