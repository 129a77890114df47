import type { WorkspaceFolder } from '../workspaces/workspace-folder.ts';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { listServers } from '../servers/server-list.ts';
import { parseServerAddress } from '../servers/server-address.ts';

interface ServerChoice {
  env: NodeJS.ProcessEnv;
  /** The value of `--server`: a name or an address. */
  named: string | undefined;
  folder: WorkspaceFolder | null;
}

/**
 * Returns the address of the command's server: `--server`, `RUNTIME__API_BASE_URL`, `api_base_url` in
 * `.dlt/config.toml`, then the server of the last login. `dlthub` reads the second and third in this order.
 * @throws CommandError no_server
 */
export async function chooseServer({ env, named, folder }: ServerChoice): Promise<string> {
  const servers = await listServers(env);
  if (named !== undefined) {
    return servers.find(({ name }) => name === named)?.url ?? parseServerAddress(named);
  }
  const address = env['RUNTIME__API_BASE_URL'] || folder?.apiBaseUrl;
  if (address) return parseServerAddress(address);
  const current = servers.find(({ isCurrent }) => isCurrent);
  if (current) return current.url;
  throw new CommandError('No server is known.', {
    code: 'no_server',
    exitCode: exitCodes.usage,
    nextStep: 'Run pumphouse login --server https://pumphouse.example.com, or set RUNTIME__API_BASE_URL.',
  });
}
