import { Argument, Option, type Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { InviteOptions } from './invite.ts';
import type { MemberOptions } from './members-scope.ts';

const roles = ['owner', 'member', 'collaborator', 'developer', 'viewer'];
const scopeHelp =
  '\nWith --workspace NAME the command is about the members of that workspace, else about those of the organization.' +
  '\nRoles in an organization: owner, member, collaborator. Roles in a workspace: owner, developer, viewer.';

/** Adds `member`. */
export function addMemberCommands(program: Command, cli: Cli): void {
  const member = program
    .command('member')
    .description('Invite and manage members of an organization, or with --workspace of a workspace');
  member.addHelpText('after', scopeHelp);

  addExamples(
    describeScope(member.command('list'))
      .description('List members with their roles, and pending invitations')
      .option('--invitations', 'List all invitations instead, with their status')
      .action(
        withSession<[], MemberOptions & { invitations?: boolean }>(cli, async (session, _args, options) => {
          if (options.invitations) {
            const { listInvitations } = await import('./invitations.ts');
            await listInvitations(session, options);
            return;
          }
          const { listMembers } = await import('./list-members.ts');
          await listMembers(session, options);
        }),
      ),
    [
      ['pumphouse member list', 'Shows who is in the organization.'],
      ['pumphouse member list --workspace shop', 'Shows who has access to shop, and why.'],
    ],
  );

  addExamples(
    describeScope(member.command('invite'))
      .argument('<email>', 'E-mail address')
      .description('Invite someone, and print the link of the invitation')
      .addOption(
        new Option(
          '--role <role>',
          'Role; default: member of an organization, viewer of a workspace',
        ).choices(roles),
      )
      .option('--grant <workspace=role...>', 'Roles in workspaces, with an invitation to the organization')
      .action(
        withSession<[email: string], InviteOptions>(cli, async (session, [email], options) => {
          const { invite } = await import('./invite.ts');
          await invite(session, email, options);
        }),
      ),
    [
      [
        'pumphouse member invite ana@example.com --grant shop=developer',
        'Invites to the organization, and to one workspace in it.',
      ],
      [
        'pumphouse member invite guest@example.com --workspace shop',
        'Invites to one workspace, as a collaborator.',
      ],
    ],
  );

  addExamples(
    describeScope(member.command('set-role'))
      .argument('<email>', 'E-mail address of the member')
      .addArgument(new Argument('<role>', 'The new role').choices(roles))
      .description('Change the role of a member; with --workspace, give a role in it')
      .action(
        withSession<[email: string, role: string], MemberOptions>(
          cli,
          async (session, [email, role], options) => {
            const { setRole } = await import('./change-members.ts');
            await setRole(session, email, role, options);
          },
        ),
      ),
    [
      ['pumphouse member set-role ana@example.com owner', 'Makes Ana an owner of the organization.'],
      ['pumphouse member set-role ana@example.com viewer --workspace shop', 'Gives a role in one workspace.'],
    ],
  );

  addExamples(
    describeScope(member.command('remove'))
      .argument('<email>', 'E-mail address of the member or the invitation')
      .description('Remove a member, or revoke a pending invitation')
      .option('-y, --yes', 'Do not ask')
      .action(
        withSession<[email: string], MemberOptions & { yes?: boolean }>(
          cli,
          async (session, [email], options) => {
            const { removeMember } = await import('./change-members.ts');
            await removeMember(session, email, options);
          },
        ),
      ),
    [['pumphouse member remove ana@example.com', 'Revokes all that Ana has in the organization.']],
  );

  addExamples(
    describeScope(member.command('leave'))
      .description('Leave the organization, or with --workspace a workspace')
      .option('-y, --yes', 'Do not ask')
      .action(
        withSession<[], MemberOptions & { yes?: boolean }>(cli, async (session, _args, options) => {
          const { leave } = await import('./change-members.ts');
          await leave(session, options);
        }),
      ),
    [['pumphouse member leave --workspace shop --yes', 'Gives up your role in shop.']],
  );
}

function describeScope(command: Command): Command {
  return command.option(
    '--organization <name|id>',
    'The organization; default: that of the folder, or your only one',
  );
}
