import type { Command } from 'commander';
import type { Cli } from '../program/session-action.ts';
import { addChannelCommands } from './channel-commands.ts';
import { addIncidentCommands } from './incident-commands.ts';
import { addRuleCommands } from './rule-commands.ts';

/** Adds `alert`. */
export function addAlertCommands(program: Command, cli: Cli): void {
  const alert = program.command('alert').description('Manage the alerts of a workspace');
  addIncidentCommands(alert, cli);
  addRuleCommands(alert, cli);
  addChannelCommands(alert, cli);
}
