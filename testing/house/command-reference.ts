import { join } from 'node:path';
import { createJsonSchema } from 'pumphouse-command/apply/file/apply-file.ts';
import { exitCodeMeanings } from 'pumphouse-command/errors/exit-codes.ts';
import { buildProgram } from 'pumphouse-command/program/build-program.ts';
import { readExamples } from 'pumphouse-command/program/examples.ts';
import { repositoryFolder } from '../fixtures/server.ts';

type Command = ReturnType<typeof buildProgram>;
type Option = Command['options'][number];

/** The reference of the `pumphouse` command. */
export const commandReferencePath = join(repositoryFolder, 'docs', 'reference', 'cli.md');

/** The JSON Schema of the files of `pumphouse apply`, which the documentation of each server has. */
export const applySchemaPath = join(repositoryFolder, 'docs', 'reference', 'apply-file.schema.json');

/** Writes the JSON Schema from the schema that the command checks files with. */
export function writeApplySchema(): string {
  return `${JSON.stringify(createJsonSchema(), null, 2)}\n`;
}

/** Writes the reference from the declarations of the commands. */
export function writeCommandReference(): string {
  const program = buildProgram({ owner: process, setExitCode: () => undefined });
  const commands = visibleCommands(program);
  return [
    '# The `pumphouse` command',
    '<!-- Written by npm run docs:cli from the declarations in apps/pumphouse/src. -->',
    introduction,
    '## Exit codes',
    formatTable(
      ['code', 'meaning'],
      exitCodeMeanings.map(([code, meaning]) => [String(code), meaning]),
    ),
    '## Options of every command',
    formatOptions(program.options),
    '## Commands',
    commands
      .map((command) => `- [\`${command.name()}\`](#${slug([command])}): ${command.description()}`)
      .join('\n'),
    ...commands.flatMap((command) => describe([command])),
  ]
    .join('\n\n')
    .concat('\n');
}

const introduction = `The command of users: it deploys a workspace folder, runs its jobs, follows their logs and shows what they loaded.
[A first run](first-run.md) shows it from an empty folder on.

\`\`\`sh
npx pumphouse --help          # Node 22.12 or newer; or npm install --global pumphouse
bin/pumphouse --help          # the same commands in a checkout of Pumphouse, beside server and admin
\`\`\`

- **Server.** \`--server\`, \`RUNTIME__API_BASE_URL\`, \`api_base_url\` under \`[runtime]\` in \`.dlt/config.toml\`, then the server of the last
  login. \`dlthub\` reads the second and the third.
- **Credential.** \`RUNTIME__API_KEY\`, else the login. \`pumphouse login\` stores it where dlt keeps its secrets, so \`dlthub\` and \`pumphouse\`
  share it. \`PUMPHOUSE_LOGIN_DIR\` names another folder for it.
- **Workspace.** \`--workspace\`, else the one that the folder is connected to (\`workspace_id\` in \`.dlt/config.toml\`).
- **Output.** Data goes to standard output, messages to standard error. \`--json\` prints the objects of the API, with the field names of
  \`/openapi.json\`; a list is an array. Errors are then JSON too, on standard error: \`{"error": {"code", "message", "next_step", "lines",
  "exit_code"}}\`.
- **Colours** appear on a terminal only; \`NO_COLOR\` switches them off. Questions are asked on a terminal only.
- **Network.** \`HTTPS_PROXY\`, \`HTTP_PROXY\` and \`NO_PROXY\` are respected, and the certificates in \`NODE_EXTRA_CA_CERTS\`, \`SSL_CERT_FILE\` or
  \`REQUESTS_CA_BUNDLE\`. While the server restarts, the command waits.`;

function describe(path: readonly Command[]): string[] {
  const command = path.at(-1);
  if (!command) return [];
  const title = path.map((each) => each.name()).join(' ');
  const subcommands = visibleCommands(command);
  const examples = readExamples(command);
  const own = [
    `${'#'.repeat(path.length + 2)} \`${title}\``,
    `${command.description()}.`,
    ...(subcommands.length > 0 ? [] : [`\`\`\`\npumphouse ${title}${formatUsage(command)}\n\`\`\``]),
    ...(command.registeredArguments.length > 0 ? [formatArguments(command)] : []),
    ...(command.options.length > 0 ? [formatOptions(command.options)] : []),
    ...(examples.length > 0 ? [formatExamples(examples)] : []),
  ];
  return [...own, ...subcommands.flatMap((each) => describe([...path, each]))];
}

/** The commands that do something, such as `workspace list`; groups are no commands. */
export function listLeafCommands(): string[] {
  const listBelow = (command: Command, words: readonly string[]): string[] => {
    const below = visibleCommands(command);
    if (below.length === 0) return [words.join(' ')];
    return below.flatMap((each) => listBelow(each, [...words, each.name()]));
  };
  return listBelow(buildProgram({ owner: process, setExitCode: () => undefined }), []);
}

/** A hidden command is for other programs, such as the shell's completion. */
function visibleCommands(command: Command): Command[] {
  const visible = new Set(command.createHelp().visibleCommands(command));
  return command.commands.filter((each) => visible.has(each));
}

function formatUsage(command: Command): string {
  const usage = command.usage();
  return usage === '' ? '' : ` ${usage}`;
}

function formatArguments(command: Command): string {
  const rows = command.registeredArguments.map((argument) => [
    `\`${argument.name()}\``,
    argument.description + (argument.required ? '' : ' (optional)'),
  ]);
  return formatTable(['argument', ''], rows);
}

function formatOptions(options: readonly Option[]): string {
  const rows = options
    .filter(({ hidden }) => !hidden)
    .map((option) => [`\`${option.flags}\``, describeOption(option)]);
  return formatTable(['option', ''], rows);
}

function describeOption({ description, argChoices, defaultValue }: Option): string {
  const value: unknown = defaultValue;
  const isShown = typeof value === 'string' || typeof value === 'number';
  return [
    description,
    ...(argChoices ? [`(one of ${argChoices.map((choice) => `\`${choice}\``).join(', ')})`] : []),
    ...(isShown ? [`(default: \`${value}\`)`] : []),
  ].join(' ');
}

function formatExamples(examples: readonly (readonly [string, string])[]): string {
  const lines = examples.map(([line, does]) => `# ${does}\n${line}`);
  return `\`\`\`sh\n${lines.join('\n\n')}\n\`\`\``;
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const escape = (cell: string) => cell.replaceAll('|', String.raw`\|`);
  const line = (cells: readonly string[]) => `| ${cells.map(escape).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function slug(path: readonly Command[]): string {
  return path.map((command) => command.name()).join('-');
}
