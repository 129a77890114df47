import type { Config, Rotation } from '@pumphouse/server/operator';
import {
  openRotateKey,
  identifyKey,
  makeNewKey,
  otherKeysFile,
  readConfig,
  removeOtherKeys,
} from '@pumphouse/server/operator';
import { withStore } from './admin.ts';

const command = 'bin/pumphouse admin rotate-key';

interface RotateKeyOptions {
  new?: true;
  forget?: true;
}

/**
 * Creates a new key, or re-encrypts all secrets under the current one. It never prints a key, only key ids.
 */
export async function rotateKey(options: RotateKeyOptions): Promise<void> {
  const config = readConfig();
  if (options.new && options.forget) throw new Error('Give either --new or --forget.');
  if (options.new) return replaceKeyFile(config);
  const rotation = await withStore(async (persistence) => {
    const rotate = await openRotateKey(config, persistence, (kind, rotated) =>
      write(`${kind}: ${rotated} re-encrypted so far`),
    );
    return rotate({ forgetsLost: options.forget === true });
  });
  report(rotation);
  if (options.forget) await forget(config, rotation);
  else if (rotation.unopened.length === 0) write(describeNextStep(config));
  if (rotation.unopened.length > 0) process.exitCode = 1;
}

async function replaceKeyFile({ dataDir, secretKey }: Config): Promise<void> {
  if (secretKey !== null)
    throw new Error(
      'PUMPHOUSE_SECRET_KEY sets the key, so this command cannot replace it. Make one with: openssl rand -base64 48. ' +
        'docs/operate/several-servers.md says how servers learn it.',
    );
  const { current, others } = await makeNewKey(dataDir);
  write(`The new key ${identifyKey(current)} is in secret.key of the data folder.`);
  write(`The key of before is in ${otherKeysFile(dataDir)} (${others.length} in all).`);
  write('1. Back up both files, apart from the database.');
  write('2. Restart each server on this data folder. Runs go on.');
  write(`3. Run: ${command}`);
}

function report({ keyId, rotated, unopened, retiredKeyIds }: Rotation): void {
  for (const [kind, count] of Object.entries(rotated)) write(`${kind}: ${count} re-encrypted`);
  if (retiredKeyIds.length > 0)
    write(`Nothing that can be opened is under ${retiredKeyIds.join(', ')} any more.`);
  if (unopened.length === 0) {
    write(`All secrets are under key ${keyId}.`);
    return;
  }
  write(`${unopened.length} secrets stay as they are, since no key of this command opens them:`);
  for (const { name, keyId: own } of unopened)
    write(`  ${name}: ${own === null ? 'written before keys had ids' : `under key ${own}`}`);
  write(
    `Add the missing key to PUMPHOUSE_OTHER_SECRET_KEYS and run this command again. If the key is lost, set these secrets again.`,
  );
}

/** The file may still hold the key of a secret that was not decrypted. */
async function forget(
  { dataDir, secretKey, otherSecretKeys }: Config,
  { unopened }: Rotation,
): Promise<void> {
  if (unopened.length > 0) {
    write(`Servers start without the missing keys. The file ${otherKeysFile(dataDir)} was left as it is.`);
    return;
  }
  if (await removeOtherKeys(dataDir)) write(`Removed ${otherKeysFile(dataDir)}.`);
  if (secretKey !== null)
    write('If the data folder has a file secret.key, remove it: PUMPHOUSE_SECRET_KEY took its place.');
  if (otherSecretKeys.length > 0) write('Take the old keys out of PUMPHOUSE_OTHER_SECRET_KEYS.');
  write('Restart the servers: until then they still accept what the old keys signed.');
}

function describeNextStep({ secretKey }: Config): string {
  const end =
    'First wait until active runs have ended: servers without the old key refuse API tokens that it signed.';
  return secretKey === null
    ? `Next: ${command} --forget removes the old keys from the data folder. ${end}`
    : `Next: take the old key out of PUMPHOUSE_OTHER_SECRET_KEYS and restart the servers. ${end}`;
}

function write(line: string): void {
  process.stderr.write(`${line}\n`);
}
