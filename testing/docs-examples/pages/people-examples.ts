import type { ExampleSetup } from '../example.ts';
import type { ExampleSite } from '../example-site.ts';
import { createPerson } from '../../fixtures/agree-to-sign-in.ts';
import { ownerEmail } from '../../fixtures/server.ts';

/** The workspace that the owner leaves. */
const leftWorkspace = 'shop-of-ana';

/** Makes a user without an account a member: the account begins with an invitation. */
export async function addMember(site: ExampleSite, email: string): Promise<void> {
  const { link } = await site.server.client.call('create_invitation', {
    params: { organization_id: site.organizationId },
    body: { email, role: 'member', workspaces: [] },
  });
  const person = await createPerson(email);
  await person.join(link);
  await person.close();
}

export const people: Record<string, ExampleSetup> = {
  'pumphouse org create "Data team"': {
    // Two of one name could not be told apart by it.
    async prepare(site) {
      await site.run('pumphouse org rename "Former team" --organization "Data team"');
    },
  },
  'pumphouse member set-role ana@example.com': { prepare: (site) => addMember(site, 'ana@example.com') },
  'pumphouse member remove ana@example.com': { answers: [['All their roles and tokens', 'y']] },
  'pumphouse member leave --workspace': {
    async prepare(site) {
      await site.run(`pumphouse workspace create ${leftWorkspace} --no-connect`);
      return { '--workspace shop': `--workspace ${leftWorkspace}` };
    },
  },
  'pumphouse key revoke': {
    async prepare(site) {
      const { stdout } = await site.run('pumphouse key create --workspace-key --name old --json');
      return { dlt_sa_Ab12Cd: (JSON.parse(stdout) as { prefix: string }).prefix };
    },
  },
};

/** After the example in which the owner leaves a workspace: an export needs a role in each. */
export async function takeRoleAgain({ server, organizationId }: ExampleSite): Promise<void> {
  const params = { organization_id: organizationId };
  const workspaces = await server.client.call('list_workspaces', { params, query: {} });
  const members = await server.client.call('list_organization_members', { params, query: {} });
  const left = workspaces.items.find(({ name }) => name === leftWorkspace);
  const owner = members.items.find(({ email }) => email === ownerEmail);
  if (!left || !owner) return;
  await server.client.call('set_workspace_member', {
    params: { workspace_id: left.id, membership_id: owner.membership_id },
    body: { role: 'owner' },
  });
}
