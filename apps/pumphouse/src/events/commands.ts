import { Option, type Command } from 'commander';
import type { EventDeliveryStatus } from '@pumphouse/contract';
import { addExamples } from '../program/examples.ts';
import { collect } from '../program/repeated-option.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { ChangeSubscriptionOptions, SubscriptionOptions } from './change-subscription.ts';
import { addListOptions } from '../deliveries/list-options.ts';
import type { ListOptions } from '../deliveries/show-deliveries.ts';

/** Adds `events`. */
export function addEventCommands(program: Command, cli: Cli): void {
  const events = program
    .command('events')
    .description('Manage where events of a workspace are sent, and see what was sent');
  addReading(events, cli);
  addSending(events, cli);
  addChanging(events, cli);
}

function addReading(events: Command, cli: Cli): void {
  addExamples(
    events
      .command('list')
      .description('List the event subscriptions; URLs and secrets are never shown')
      .action(
        withSession(cli, async (session) => {
          const { listSubscriptions } = await import('./list-subscriptions.ts');
          await listSubscriptions(session);
        }),
      ),
    [['pumphouse events list', 'Shows event types, state and receiver.']],
  );

  addExamples(
    addListOptions(
      events
        .command('deliveries')
        .argument('[subscription]', 'Name or id of a subscription; default: all of them')
        .description('List what was sent, newest first'),
      ['waiting', 'delivered', 'failed'],
    ).action(
      withSession<[subscription: string | undefined], ListOptions<EventDeliveryStatus>>(
        cli,
        async (session, [name], options) => {
          const { listDeliveries } = await import('./list-deliveries.ts');
          await listDeliveries(session, name, options);
        },
      ),
    ),
    [['pumphouse events deliveries warehouse --status failed', 'Shows why events were not delivered.']],
  );

  addExamples(
    events
      .command('show')
      .argument('<delivery>', 'Id of a delivery')
      .description('Print the event of a delivery as it is sent')
      .action(
        withSession<[delivery: string]>(cli, async (session, [id]) => {
          const { showDelivery } = await import('./list-deliveries.ts');
          await showDelivery(session, id);
        }),
      ),
    [['pumphouse events show 8c0d5b1e-... > event.json', 'Only the CloudEvent goes to standard output.']],
  );
}

function addSending(events: Command, cli: Cli): void {
  addExamples(
    events
      .command('test')
      .argument('<subscription>', 'Name or id of the subscription')
      .description('Send a test event to a subscription, and wait for the result')
      .action(
        withSession<[subscription: string]>(cli, async (session, [name]) => {
          const { testSubscription } = await import('./test-subscription.ts');
          return testSubscription(session, name);
        }),
      ),
    [['pumphouse events test warehouse', 'Exits with 5 if it is not delivered.']],
  );

  addExamples(
    events
      .command('redeliver')
      .argument('<delivery>', 'Id of a delivery')
      .description('Send an event of the log again with the same id, and wait for the result')
      .action(
        withSession<[delivery: string]>(cli, async (session, [id]) => {
          const { redeliver } = await import('./test-subscription.ts');
          return redeliver(session, id);
        }),
      ),
    [['pumphouse events redeliver 8c0d5b1e-...', 'Exits with 5 if it is not delivered.']],
  );
}

/** The options of `create` and `update`. */
function addSubscriptionOptions(command: Command): Command {
  return command
    .option('--type <type>', 'Event type, or a prefix followed by *; can be repeated', collect)
    .option('--job <ref>', 'Only events of jobs whose ref matches this pattern; can be repeated', collect)
    .option('--tag <tag>', 'Only events of jobs with this tag; can be repeated', collect)
    .option('--pipeline <name>', 'Only events of this pipeline; can be repeated', collect)
    .option('--description <text>', 'What the receiver is for');
}

function addChanging(events: Command, cli: Cli): void {
  addExamples(
    addSubscriptionOptions(
      events
        .command('create')
        .argument('<name>', 'Name of the subscription')
        .description('Create a subscription. Its URL is read from standard input, or asked for'),
    ).action(
      withSession<[name: string], SubscriptionOptions>(cli, async (session, [name], options) => {
        const { createSubscription } = await import('./change-subscription.ts');
        await createSubscription(session, name, options);
      }),
    ),
    [
      ['pumphouse events create warehouse', 'Sends all events; prints the signing secret once.'],
      ["pumphouse events create pager --type 'pumphouse.job_run.failed' --tag nightly", 'Sends some events.'],
    ],
  );

  addExamples(
    addSubscriptionOptions(
      events
        .command('update')
        .argument('<subscription>', 'Name or id of the subscription')
        .description('Change a subscription, replace its URL, or switch it on or off')
        .option('--name <name>', 'New name')
        .option('--replace-url', 'Read a new URL from standard input, or ask for it')
        .addOption(new Option('--enable', 'Send events again').conflicts('disable'))
        .option('--disable', 'Send no events'),
    ).action(
      withSession<[subscription: string], ChangeSubscriptionOptions>(
        cli,
        async (session, [name], options) => {
          const { updateSubscription } = await import('./change-subscription.ts');
          await updateSubscription(session, name, options);
        },
      ),
    ),
    [['pumphouse events update warehouse --enable', 'After its receiver works again.']],
  );

  addExamples(
    events
      .command('replace-secret')
      .argument('<subscription>', 'Name or id of the subscription')
      .description('Print a new signing secret, once')
      .option('--overlap-hours <n>', 'How long the secret before also signs', '24')
      .action(
        withSession<[subscription: string], { overlapHours: string }>(
          cli,
          async (session, [name], options) => {
            const { replaceSecret } = await import('./change-subscription.ts');
            await replaceSecret(session, name, options);
          },
        ),
      ),
    [['pumphouse events replace-secret warehouse > secret', 'Only the secret goes to standard output.']],
  );

  addExamples(
    events
      .command('delete')
      .argument('<subscription>', 'Name or id of the subscription')
      .description('Delete a subscription with its delivery log')
      .option('-y, --yes', 'Do not ask')
      .action(
        withSession<[subscription: string], { yes?: boolean }>(cli, async (session, [name], options) => {
          const { deleteSubscription } = await import('./change-subscription.ts');
          await deleteSubscription(session, name, options);
        }),
      ),
    [['pumphouse events delete warehouse --yes', 'Its waiting events are not sent.']],
  );
}
