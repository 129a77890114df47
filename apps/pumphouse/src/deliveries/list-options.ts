import { Option, type Command } from 'commander';

/** Adds the options of a list of deliveries, which `readListQuery` reads. */
export function addListOptions(command: Command, statuses: readonly string[]): Command {
  return command
    .addOption(new Option('--status <status>', 'Only these').choices(statuses))
    .option('--limit <n>', 'How many at most', '20');
}
