import type { Client } from '@pumphouse/client';
import type { Credential } from '../sign-in/credential.ts';
import type { WorkspaceFolder } from '../workspaces/workspace-folder.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What a command works with: a server, the user's credential, a workspace, and a terminal. */
export interface Session {
  terminal: Terminal;
  serverUrl: string;
  credential: Credential;
  client: Client;
  /** The fetch of the session: it waits for a restarting server, and refreshes an expired login. */
  fetch: typeof globalThis.fetch;
  /** The workspace folder at or above the current folder. */
  folder: WorkspaceFolder | null;
  /** The workspace of `--workspace`, else that of the folder or of the key. */
  workspaceId(): Promise<string>;
  /** Prints data: as JSON with `--json`, else the text that `render` returns. */
  show(data: unknown, render: () => string): void;
  isJson: boolean;
}

/** Options that every command has. */
export interface GlobalOptions {
  server?: string;
  workspace?: string;
  json?: boolean;
  quiet?: boolean;
}
