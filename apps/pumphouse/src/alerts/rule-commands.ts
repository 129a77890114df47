import { Option, type Command } from 'commander';
import type { AlertKind } from '@pumphouse/contract';
import { addExamples } from '../program/examples.ts';
import { collect } from '../program/repeated-option.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { CreateRuleOptions, UpdateRuleOptions } from './change-rule.ts';

/** The kinds of rules. The contract is loaded only with a session. */
const kinds: Record<AlertKind, true> = {
  run_failed: true,
  run_succeeded: true,
  recovered: true,
  backfill_failed: true,
  backfill_finished: true,
  late: true,
  running_long: true,
  stuck_waiting: true,
  no_output: true,
  zero_rows: true,
  row_count_off: true,
  schema_changed: true,
  freshness_missed: true,
  check_failed: true,
  storage_near_limit: true,
  limits_near_end: true,
  ticks_behind: true,
};

/** Adds `alert rules`. Without a subcommand it lists the rules. */
export function addRuleCommands(alert: Command, cli: Cli): void {
  const rules = alert.command('rules').helpCommand(false).description('Manage the rules that open incidents');
  addExamples(
    rules
      .command('list', { isDefault: true })
      .description('List the rules')
      .action(
        withSession(cli, async (session) => {
          const { listRules } = await import('./list-rules.ts');
          await listRules(session);
        }),
      ),
    [['pumphouse alert rules list', 'Shows what each rule watches for.']],
  );
  addChanging(rules, cli);
  addMutes(rules, cli);
}

/** The options of what a rule contains. */
function addContent(command: Command): Command {
  return command
    .addOption(new Option('--severity <severity>', 'Severity').choices(['info', 'warning', 'critical']))
    .option('--channel <channel>', 'Name or id of a channel; can be repeated', collect)
    .option(
      '--job <pattern>',
      'Only jobs whose reference matches, such as jobs.sales.*; can be repeated',
      collect,
    )
    .option('--tag <tag>', 'Only jobs with a tag; can be repeated', collect)
    .option('--pipeline <name>', 'Only a pipeline; can be repeated', collect)
    .option('--set <condition>', 'A condition such as after_seconds=10m; can be repeated', collect)
    .option('--remind <interval>', 'Interval of reminders such as 4h, or off')
    .option('--quiet-hours <hours>', 'Quiet hours such as "mon-fri 22:00-07:00 Europe/Berlin", or off')
    .option('--hold-critical', 'Quiet hours hold critical messages too');
}

function addChanging(rules: Command, cli: Cli): void {
  addExamples(
    addContent(
      rules
        .command('create')
        .argument('<name>', 'Name of the rule')
        .description('Create a rule')
        .addOption(
          new Option('--kind <kind>', 'What it watches for')
            .choices(Object.keys(kinds))
            .makeOptionMandatory(),
        ),
    ).action(
      withSession<[name: string], CreateRuleOptions>(cli, async (session, [name], options) => {
        const { createRule } = await import('./change-rule.ts');
        await createRule(session, name, options);
      }),
    ),
    [
      [
        'pumphouse alert rules create failures --kind run_failed --channel on-call',
        'For the whole workspace.',
      ],
      [
        'pumphouse alert rules create slow --kind running_long --job "jobs.sales.*" --set after_seconds=2h',
        'For some jobs.',
      ],
    ],
  );
  addExamples(
    addContent(
      rules
        .command('update')
        .argument('<rule>', 'Name or id of a rule')
        .description('Change a rule; what is not named stays')
        .option('--name <name>', 'New name')
        .addOption(new Option('--enable', 'Evaluate it again').conflicts('disable'))
        .option('--disable', 'Stop it; its open incidents are resolved'),
    ).action(
      withSession<[rule: string], UpdateRuleOptions>(cli, async (session, [name], options) => {
        const { updateRule } = await import('./change-rule.ts');
        await updateRule(session, name, options);
      }),
    ),
    [['pumphouse alert rules update failures --set failures_in_row=3 --remind 4h', 'Adds reminders.']],
  );
  addExamples(
    rules
      .command('delete')
      .argument('<rule>', 'Name or id of a rule')
      .description('Delete a rule with its incidents')
      .option('-y, --yes', 'Do not ask')
      .action(
        withSession<[rule: string], { yes?: boolean }>(cli, async (session, [name], options) => {
          const { deleteRule } = await import('./change-rule.ts');
          await deleteRule(session, name, options);
        }),
      ),
    [['pumphouse alert rules delete failures --yes', 'Its incidents are deleted too.']],
  );
}

function addMutes(rules: Command, cli: Cli): void {
  addExamples(
    rules
      .command('mute')
      .argument('<rule>', 'Name or id of a rule')
      .description('Record incidents of a rule without sending them')
      .option('--for <duration>', 'Such as 30m, 4h or 2d; default: until unmuted')
      .action(
        withSession<[rule: string], { for?: string }>(cli, async (session, [name], options) => {
          const { muteRule } = await import('./change-rule.ts');
          await muteRule(session, name, options.for);
        }),
      ),
    [['pumphouse alert rules mute failures --for 2h', 'Quiet during a migration.']],
  );
  addExamples(
    rules
      .command('unmute')
      .argument('<rule>', 'Name or id of a rule')
      .description('Send incidents of a rule again')
      .action(
        withSession<[rule: string]>(cli, async (session, [name]) => {
          const { unmuteRule } = await import('./change-rule.ts');
          await unmuteRule(session, name);
        }),
      ),
    [['pumphouse alert rules unmute failures', 'Open incidents are sent now.']],
  );
}
