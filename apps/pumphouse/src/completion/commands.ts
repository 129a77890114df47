import { Argument, Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import type { Cli } from '../program/session-action.ts';

/** Adds `completion`, and the hidden command that its scripts call. */
export function addCompletionCommands(program: Command, cli: Cli): void {
  const completion = program
    .command('completion')
    .addArgument(new Argument('<shell>', 'Your shell').choices(['bash', 'zsh', 'fish']))
    .description('Print a script that completes commands, options, and names of jobs and workspaces')
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completionScripts } = await import('./scripts.ts');
      cli.owner.stdout.write(completionScripts[shell]);
    });
  addExamples(completion, [
    ['source <(pumphouse completion bash)', 'Completes in this shell; add the line to ~/.bashrc to keep it.'],
    [
      'pumphouse completion zsh > "${fpath[1]}/_pumphouse"',
      'Completes in new shells of zsh, whose compinit must run.',
    ],
    [
      'pumphouse completion fish > ~/.config/fish/completions/pumphouse.fish',
      'Completes in new shells of fish.',
    ],
  ]);

  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { complete } = await import('./complete.ts');
      cli.owner.stdout.write(await complete(program, cli.owner, words));
    });
}
