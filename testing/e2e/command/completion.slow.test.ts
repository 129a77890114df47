/** The completion scripts in real shells. Shells that the machine does not have are skipped. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryFolder } from '../../fixtures/server.ts';

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'pumphouse-completion-'));
  await mkdir(join(home, '.config', 'pumphouse'), { recursive: true });
  const servers =
    'current = "production"\n[servers]\nproduction = { url = "https://pumphouse.example.com" }\n';
  await writeFile(join(home, '.config', 'pumphouse', 'servers.toml'), servers);
});

afterAll(() => rm(home, { recursive: true, force: true }));

async function runShell(shell: string, program: string): Promise<string> {
  const env = {
    HOME: home,
    DLT_DATA_DIR: join(home, 'dlt'),
    PATH: `${join(repositoryFolder, 'bin')}:${process.env['PATH']}`,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
  };
  const args = shell === 'zsh' ? ['-f', '-c', program] : ['-c', program];
  const { stdout } = await promisify(execFile)(shell, args, { cwd: home, env, timeout: 600_000 });
  return stripVTControlCharacters(stdout);
}

const has = (shell: string) =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, shell)));

it('completes in bash', async () => {
  const program = `
source <(pumphouse completion bash)
try() {
  COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
  _pumphouse
  echo "$*: \${COMPREPLY[*]}"
}
try pumphouse workspace sw
try pumphouse key create --role = dev
try pumphouse whoami --server ""
try pumphouse nothing
complete -p pumphouse
`;
  expect((await runShell('bash', program)).split('\n')).toEqual([
    'pumphouse workspace sw: switch',
    'pumphouse key create --role = dev: developer',
    'pumphouse whoami --server : production',
    'pumphouse nothing: ',
    'complete -o default -F _pumphouse pumphouse',
    '',
  ]);
});

it.runIf(has('fish'))('completes in fish, with descriptions', async () => {
  const program = `
pumphouse completion fish | source
complete -C "pumphouse workspace sw"
complete -C "pumphouse whoami --server "
`;
  expect((await runShell('fish', program)).split('\n')).toEqual([
    'switch\tConnect the workspace folder to another workspace',
    'production\thttps://pumphouse.example.com',
    '',
  ]);
});

it.runIf(has('zsh'))('completes in zsh', async () => {
  // zsh completes on a terminal only, where it writes the rest of the word.
  const program = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1='>'; autoload -Uz compinit; compinit -u -D; source <(pumphouse completion zsh); print RE''ADY"
zpty -r z out '*READY*'
zpty -w -n z $'pumphouse workspace sw\\t'
zpty -r z out '*itch*'
print -r -- "$out"
zpty -d z
`;
  expect(await runShell('zsh', program)).toContain('itch');
});
