import process from 'node:process';

/** The commands of the server's own machine, which need its modules. All others are those of the published package. */
const operatorCommands: readonly (readonly [name: string, description: string])[] = [
  ['server', 'Run the server; settings come from pumphouse.toml and PUMPHOUSE_* variables'],
  ['check', 'Show which programs are missing on this machine, and how to install them'],
  ['doctor', 'Check the machine and the settings of the server, and say what to do'],
  ['backup', 'Back up the server, list and verify backups, and restore one'],
  ['upgrade-database', 'Move the embedded database to the Postgres of this version'],
  ['config', 'Check the settings, show where each value comes from, or print an example of a settings file'],
  ['admin', 'Manage the server of the data folder (PUMPHOUSE_DATA_DIR): accounts, keys, storage, audit log'],
];

const isOperatorCommand = (name: string | undefined) => operatorCommands.some(([each]) => each === name);
const [first, ...rest] = process.argv.slice(2);
const args = first === 'help' && isOperatorCommand(rest[0]) ? [...rest, '--help'] : process.argv.slice(2);
/** `worker` without a subcommand runs a worker on this machine; its subcommands manage workers of a server. */
const runsWorker = args[0] === 'worker' && (args[1] === undefined || args[1].startsWith('-'));

if (runsWorker || isOperatorCommand(args[0])) {
  const { runOperatorCommand } = await import('./operator-commands.ts');
  await runOperatorCommand(args);
} else {
  const { runCommand } = await import('pumphouse-command');
  process.exitCode = await runCommand(args, process, {
    extend(program) {
      // Listed in the help and suggested after typing errors; this file runs them before the program is built.
      program.commandsGroup('The server on this machine:');
      for (const [name, description] of operatorCommands) program.command(name).description(description);
    },
  });
}
