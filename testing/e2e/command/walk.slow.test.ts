/** Every command of users, without a terminal and with `--json`. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startPumphouse } from '../../fixtures/command.ts';
import { listLeafCommands } from '../../house/command-reference.ts';
import { planWalk } from './walk-steps.ts';
import { awaitText, columns, describeWalk, escape, openWalkSite } from './walk-tests.ts';

const site = openWalkSite();

it('the walk contains every command', () => {
  const planned = planWalk({ name: 'any', serverUrl: '', key: '' });
  expect([...new Set(planned.map(({ command }) => command))].toSorted()).toEqual(
    listLeafCommands().toSorted(),
  );
});

describeWalk(site, 'plain');
describeWalk(site, 'json');

describe('an interrupted question', () => {
  it.each([
    ['the picker of workspaces', ['workspace', 'switch'], 'Connect this folder to which workspace?'],
    ['a hidden value', ['variable', 'set', 'API_TOKEN', '--secret'], 'Value of API_TOKEN'],
  ])('changes nothing: %s', async (_, args, question) => {
    const command = startPumphouse(args, { ...signedIn(), columns });
    await awaitText(command, question);
    command.interrupt();
    const { code, stdout } = await command.result;
    expect(stdout).toContain('Nothing was changed');
    expect(code).toBe(130);
    const variables = await startPumphouse(['variable', 'list', '--json'], signedIn()).result;
    expect(JSON.parse(variables.stdout)).toEqual([]);
  });
});

describe('colours', () => {
  it('appear on a terminal, unless NO_COLOR is set', async () => {
    const status = (env: NodeJS.ProcessEnv) => {
      const options = signedIn();
      return startPumphouse(['status'], { ...options, env: { ...options.env, ...env }, columns }).result;
    };
    expect((await status({})).raw).toContain(`${escape}[1m`);
    expect((await status({ NO_COLOR: '1' })).raw).not.toContain(escape);
  });
});

/** The folder of the walk without a terminal, which stays connected to its workspace. */
function signedIn() {
  const env = { RUNTIME__API_KEY: site.server.key, RUNTIME__API_BASE_URL: site.server.url };
  return { cwd: join(site.parentFolder, 'plain', 'shop'), env };
}
