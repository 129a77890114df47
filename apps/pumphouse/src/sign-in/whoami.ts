import { listServers } from '../servers/server-list.ts';
import type { Session } from '../session/session.ts';
import { formatTable } from '../terminal/table.ts';
import { listOwnWorkspaces } from '../workspaces/own-workspaces.ts';

/** Shows the server, the account, and the caller's organizations and workspaces. */
export async function showAccount(session: Session): Promise<void> {
  const { client, terminal, serverUrl, credential } = session;
  const { items } = await client.call('list_organizations', { query: { limit: 1000 } });
  const organizations = await Promise.all(
    items.map(async ({ id, name }) => {
      const me = await client.call('get_organization_me', { params: { organization_id: id } });
      return { id, name, role: me.role, email: me.email };
    }),
  );
  const workspaces = await listOwnWorkspaces(client);
  const email = organizations[0]?.email ?? null;
  const servers = await listServers(terminal.env);
  const data = {
    server: serverUrl,
    credential: credential.kind,
    email,
    organizations: organizations.map(({ id, name, role }) => ({ id, name, role })),
    workspaces: workspaces.map((workspace) => ({
      id: workspace.id,
      name: workspace.name,
      role: workspace.role,
      organization: workspace.organizationName,
    })),
    servers: servers.map(({ name, url, isCurrent }) => ({ name, url, is_current: isCurrent })),
  };
  session.show(data, () => {
    const title = (text: string) => terminal.tone('strong', text);
    const table = formatTable(
      workspaces,
      [
        { title: 'WORKSPACE', text: ({ name }) => name },
        { title: 'ROLE', text: ({ role }) => role },
        { title: 'ORGANIZATION', text: ({ organizationName }) => organizationName, dropOrder: 2 },
        { title: 'ID', text: ({ id }) => id, dropOrder: 1 },
      ],
      { width: terminal.width, title },
    );
    const who = `${email ?? 'A workspace key'} at ${serverUrl}${credential.kind === 'key' ? ' (with a key)' : ''}`;
    const others = servers.filter(({ url }) => url !== serverUrl).map(({ name }) => name);
    const elsewhere = others.length === 0 ? '' : `\nOther servers (--server): ${others.join(', ')}\n`;
    return `${who}\n${workspaces.length === 0 ? 'No workspaces\n' : `\n${table}`}${elsewhere}`;
  });
}
