import { Option, type Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { CostOptions } from './organization-cost.ts';
import type { LimitOptions } from './organization-limits.ts';
import type { RenameOptions } from './change-organization.ts';

/** Adds `org`. */
export function addOrganizationCommands(program: Command, cli: Cli): void {
  const org = program
    .command('org')
    .description('Show and change organizations, their limits, usage and cost');

  addExamples(
    org
      .command('list')
      .description('List your organizations')
      .action(
        withSession(cli, async (session) => {
          const { listOwnOrganizations } = await import('./show-organizations.ts');
          await listOwnOrganizations(session);
        }),
      ),
    [['pumphouse org list', 'Shows your role in each.']],
  );

  addExamples(
    org
      .command('info')
      .argument('[organization]', 'Name or id; default: that of the folder, or your only one')
      .description('Show an organization: its settings, limits and what it stores')
      .action(
        withSession<[name: string | undefined]>(cli, async (session, [name]) => {
          const { showOrganization } = await import('./show-organizations.ts');
          await showOrganization(session, name);
        }),
      ),
    [['pumphouse org info "Data team"', 'Shows the organization of that name.']],
  );

  addExamples(
    org
      .command('create')
      .argument('<name>', 'Name of the new organization')
      .description('Create an organization, which you own')
      .option('--description <text>', 'A description')
      .action(
        withSession<[name: string], { description?: string }>(cli, async (session, [name], options) => {
          const { createOrganization } = await import('./change-organization.ts');
          await createOrganization(session, name, options);
        }),
      ),
    [
      [
        'pumphouse org create "Data team"',
        'Next: pumphouse workspace create shop --organization "Data team"',
      ],
    ],
  );

  addExamples(
    org
      .command('rename')
      .argument('<new-name>', 'The new name')
      .description('Rename an organization')
      .option('--organization <name|id>', 'The organization; default: that of the folder, or your only one')
      .option('--description <text>', 'A new description as well')
      .action(
        withSession<[name: string], RenameOptions>(cli, async (session, [name], options) => {
          const { renameOrganization } = await import('./change-organization.ts');
          await renameOrganization(session, name, options);
        }),
      ),
    [['pumphouse org rename "Data platform" --organization "Data team"', 'Renames Data team.']],
  );

  addExamples(
    org
      .command('limits')
      .argument('[organization]', 'Name or id; default: that of the folder, or your only one')
      .description('Show or set the limits on the runs and keys of an organization')
      .option('--concurrent-runs <number>', 'Maximum concurrent runs; none removes the limit')
      .option('--minutes-a-month <number>', 'Maximum minutes of runs per month (UTC); none removes the limit')
      .option(
        '--max-key-days <number>',
        'Days after their creation for which keys work in it, 1 to 365; none removes the limit',
      )
      .action(
        withSession<[name: string | undefined], LimitOptions>(cli, async (session, [name], options) => {
          const { limitOrganization } = await import('./organization-limits.ts');
          await limitOrganization(session, name, options);
        }),
      ),
    [
      ['pumphouse org limits', 'Shows the limits.'],
      ['pumphouse org limits --concurrent-runs 8 --minutes-a-month none', 'Sets one, and removes the other.'],
      ['pumphouse org limits --max-key-days 30', 'Keys older than 30 days stop working in it at once.'],
    ],
  );

  addExamples(
    org
      .command('usage')
      .argument('[organization]', 'Name or id; default: that of the folder, or your only one')
      .description('Show the runs and minutes of this month, in total and per workspace')
      .option('--from <date>', 'First day (UTC), such as 2026-11-01; default: the first of this month')
      .option('--to <date>', 'Last day (UTC); default: today')
      .action(
        withSession<[name: string | undefined], { from?: string; to?: string }>(
          cli,
          async (session, [name], options) => {
            const { showUsage } = await import('./organization-usage.ts');
            await showUsage(session, name, options);
          },
        ),
      ),
    [
      ['pumphouse org usage', 'Shows the month so far.'],
      ['pumphouse org usage --from 2026-01-01 --json', 'Shows each day of the year, as JSON.'],
    ],
  );

  addExamples(
    org
      .command('cost')
      .argument('[organization]', 'Name or id; default: that of the folder, or your only one')
      .description('Show what runs held and used and what they cost, in total and per workspace or job')
      .option('--from <date>', 'First day (UTC), such as 2026-11-01; default: the first of this month')
      .option('--to <date>', 'Last day (UTC); default: today')
      .addOption(
        new Option('--by <grouping>', 'What the rows are; default: workspace').choices([
          'workspace',
          'job',
          'tag',
          'person',
          'size',
        ]),
      )
      .action(
        withSession<[name: string | undefined], CostOptions>(cli, async (session, [name], options) => {
          const { showCost } = await import('./organization-cost.ts');
          await showCost(session, name, options);
        }),
      ),
    [
      ['pumphouse org cost --by tag', 'Shows the month so far, a row for each tag.'],
      ['pumphouse org cost --from 2026-01-01 --json', 'Shows each day of the year, as JSON.'],
    ],
  );
}
