import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Opens an address in the user's browser: `BROWSER` where it is set, else the system's own command.
 * @returns whether a browser was started; the address is printed as well, so a failure is no error
 */
export async function openBrowser(url: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  // The server chose the address: other schemes start other programs.
  if (!/^https?:\/\//i.test(url)) return false;
  const [command, ...args] = chooseCommand(env, url);
  if (command === undefined) return false;
  const child = spawn(command, args, { stdio: 'ignore', detached: true, env });
  child.unref();
  // Rejects if there is no such program, as on a server without xdg-open.
  return once(child, 'spawn').then(
    () => true,
    () => false,
  );
}

function chooseCommand(env: NodeJS.ProcessEnv, url: string): string[] {
  if (env['BROWSER']) return [env['BROWSER'], url];
  if (process.platform === 'darwin') return ['open', url];
  // `start` is a part of cmd; its first quoted argument would be a title.
  if (process.platform === 'win32') return ['cmd', '/c', 'start', '""', url.replaceAll('&', '^&')];
  return ['xdg-open', url];
}
