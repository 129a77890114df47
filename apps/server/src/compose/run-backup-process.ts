import { spawn } from 'node:child_process';
import { once } from 'node:events';

const maxMessageLength = 1000;

/**
 * Makes a scheduled backup with the command of this server, as a process of its own: compressing and encrypting would
 * delay its answers, and the lists of a large backup take memory that only a process returns.
 * @throws Error with what the command printed last
 */
export async function runBackupProcess(signal: AbortSignal): Promise<void> {
  const command = process.argv[1];
  if (command === undefined)
    throw new Error('The program of this server is unknown, so it cannot make a backup.');
  const child = spawn(process.execPath, [...process.execArgv, command, 'backup', 'create', '--scheduled'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  let message = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    message = `${message}${text}`.slice(-maxMessageLength);
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the event has an exit code, or null after a signal
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  const reason = message.trim().split('\n').at(-1);
  throw new Error(
    reason === undefined || reason === '' ? `The backup ended with exit code ${code}.` : reason,
  );
}
