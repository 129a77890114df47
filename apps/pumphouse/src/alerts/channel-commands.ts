import { Option, type Command } from 'commander';
import type { AlertDeliveryStatus } from '@pumphouse/contract';
import { addExamples } from '../program/examples.ts';
import { collect } from '../program/repeated-option.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { AddChannelOptions, ChangeChannelOptions } from './change-channel.ts';
import { addListOptions } from '../deliveries/list-options.ts';
import type { ListOptions } from '../deliveries/show-deliveries.ts';

/** Adds `alert channels`. */
export function addChannelCommands(alert: Command, cli: Cli): void {
  const channels = alert
    .command('channels')
    .helpCommand(false)
    .description('Manage where alerts of a workspace are sent, and see what was sent');
  addReading(channels, cli);
  addChanging(channels, cli);
}

function addReading(channels: Command, cli: Cli): void {
  addExamples(
    channels
      .command('list')
      .description('List the alert channels; addresses and keys are never shown')
      .action(
        withSession(cli, async (session) => {
          const { listChannels } = await import('./list-channels.ts');
          await listChannels(session);
        }),
      ),
    [['pumphouse alert channels list', 'Shows kind, state and receiver.']],
  );

  addExamples(
    addListOptions(
      channels
        .command('deliveries')
        .argument('[channel]', 'Name or id of a channel; default: all channels')
        .description('List what was sent, newest first'),
      ['waiting', 'delivered', 'failed', 'dropped'],
    ).action(
      withSession<[channel: string | undefined], ListOptions<AlertDeliveryStatus>>(
        cli,
        async (session, [name], options) => {
          const { listDeliveries } = await import('./list-deliveries.ts');
          await listDeliveries(session, name, options);
        },
      ),
    ),
    [['pumphouse alert channels deliveries on-call --status failed', 'Shows why messages were not sent.']],
  );

  addExamples(
    channels
      .command('send-again')
      .argument('<delivery>', 'Id of a delivery')
      .description('Send a message of the log again, and wait for the result')
      .action(
        withSession<[delivery: string]>(cli, async (session, [id]) => {
          const { sendAgain } = await import('./test-channel.ts');
          return sendAgain(session, id);
        }),
      ),
    [['pumphouse alert channels send-again 8c0d5b1e-...', 'Exits with 5 if it is not delivered.']],
  );

  addExamples(
    channels
      .command('test')
      .argument('<channel>', 'Name or id of the channel')
      .description('Send a test through a channel, and wait for the result')
      .action(
        withSession<[channel: string]>(cli, async (session, [name]) => {
          const { testChannel } = await import('./test-channel.ts');
          return testChannel(session, name);
        }),
      ),
    [['pumphouse alert channels test on-call', 'Exits with 5 if it is not delivered.']],
  );
}

function addChanging(channels: Command, cli: Cli): void {
  addExamples(
    channels
      .command('create')
      .argument('<name>', 'Name of the channel')
      .description('Create a channel. Its address or key is read from standard input, or asked for')
      .addOption(
        new Option('--kind <kind>', 'Kind of the receiver')
          .choices(['slack', 'teams', 'webhook', 'pagerduty', 'email'])
          .makeOptionMandatory(),
      )
      .addOption(new Option('--region <region>', 'Service region of PagerDuty').choices(['us', 'eu']))
      .option('--to <address>', 'Recipient of mail; can be repeated', collect)
      .addOption(new Option('--to-members <group>', 'Members who get mail').choices(['owners', 'members']))
      .action(
        withSession<[name: string], AddChannelOptions>(cli, async (session, [name], options) => {
          const { createChannel } = await import('./change-channel.ts');
          await createChannel(session, name, options);
        }),
      ),
    [
      ['pumphouse alert channels create chat --kind slack', 'Asks for the URL without showing it.'],
      ['pumphouse alert channels create team --kind email --to-members owners', 'Writes to the owners.'],
    ],
  );

  addExamples(
    channels
      .command('update')
      .argument('<channel>', 'Name or id of the channel')
      .description('Rename a channel, replace its address or key, or switch it on or off')
      .option('--name <name>', 'New name')
      .option('--replace-target', 'Read a new address or key from standard input, or ask for it')
      .addOption(new Option('--enable', 'Send alerts again').conflicts('disable'))
      .option('--disable', 'Send no alerts')
      .action(
        withSession<[channel: string], ChangeChannelOptions>(cli, async (session, [name], options) => {
          const { updateChannel } = await import('./change-channel.ts');
          await updateChannel(session, name, options);
        }),
      ),
    [['pumphouse alert channels update chat --enable', 'After its receiver works again.']],
  );

  addExamples(
    channels
      .command('replace-secret')
      .argument('<channel>', 'Name or id of a webhook channel')
      .description('Print a new signing secret, once')
      .option('--overlap-hours <n>', 'How long the secret before also signs', '24')
      .action(
        withSession<[channel: string], { overlapHours: string }>(cli, async (session, [name], options) => {
          const { replaceSecret } = await import('./change-channel.ts');
          await replaceSecret(session, name, options);
        }),
      ),
    [['pumphouse alert channels replace-secret hook > secret', 'Only the secret goes to standard output.']],
  );

  addExamples(
    channels
      .command('delete')
      .argument('<channel>', 'Name or id of the channel')
      .description('Delete a channel with its delivery log')
      .option('-y, --yes', 'Do not ask')
      .action(
        withSession<[channel: string], { yes?: boolean }>(cli, async (session, [name], options) => {
          const { deleteChannel } = await import('./change-channel.ts');
          await deleteChannel(session, name, options);
        }),
      ),
    [['pumphouse alert channels delete chat --yes', 'Its waiting messages are not sent.']],
  );
}
