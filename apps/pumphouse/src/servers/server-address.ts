import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

/**
 * Checks the address of a server and removes a final slash.
 * @throws CommandError invalid_server_address
 */
export function parseServerAddress(text: string): string {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `${chooseScheme(text)}://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new CommandError(`${text} is not the address of a server.`, {
      code: 'invalid_server_address',
      exitCode: exitCodes.usage,
      nextStep: 'Give an address such as https://pumphouse.example.com.',
    });
  }
  if (url.pathname !== '/' || url.search !== '' || url.username !== '' || url.password !== '') {
    // Without the given text, which may have a password.
    throw new CommandError('The address of a server has no path, query, user name or password.', {
      code: 'invalid_server_address',
      exitCode: exitCodes.usage,
      nextStep: `Give the address without a path: ${url.protocol}//${url.host}`,
    });
  }
  return `${url.protocol}//${url.host}`;
}

/** A server on this machine has no certificate. */
function chooseScheme(host: string): string {
  return /^(localhost|127\.[\d.]+|\[::1\])(:|$)/.test(host) ? 'http' : 'https';
}
