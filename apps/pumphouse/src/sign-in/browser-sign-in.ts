import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Client } from '@pumphouse/client';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { openBrowser } from '../terminal/open-browser.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { NewSession } from './new-session.ts';

/** How long to wait for the user; the server keeps the request for ten minutes. */
const patienceMs = 5 * 60_000;

/** Signs in with the browser of this machine: authorization code with PKCE (RFC 7636, S256), loopback redirect. */
export async function signInInBrowser(terminal: Terminal, client: Client): Promise<NewSession> {
  const verifier = randomBytes(64).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  // Imported here: the bundle would load it at every start otherwise, which takes longer than all else.
  const { createServer } = await import('node:http');
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  try {
    const address = listener.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { authorization_url: url } = await client.call('issue_authorization_url_session', {
      body: {
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        redirect_uri: `http://127.0.0.1:${port}/callback`,
        state,
      },
    });
    terminal.alert(`Sign in in your browser. If it does not open, visit:\n${url}`);
    const code = waitForCode(listener, state);
    await openBrowser(url, terminal.env);
    return await client.call('redeem_authorization_code_session', {
      body: { code: await code, code_verifier: verifier },
    });
  } finally {
    listener.closeAllConnections();
    listener.close();
  }
}

async function waitForCode(listener: Server, state: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => {
    reject(signInFailed('The browser sent no answer within 5 minutes.'));
  }, patienceMs);
  listener.on('request', (request, response) => {
    const url = URL.parse(request.url ?? '', 'http://127.0.0.1');
    if (url?.pathname !== '/callback' || request.method !== 'GET') {
      response.writeHead(404).end();
      return;
    }
    const answer = url.searchParams;
    if (answer.get('state') !== state) {
      answerPage(response, 'This answer belongs to another sign-in. Start again in the terminal.');
      return;
    }
    const code = answer.get('code');
    if (code === null) {
      answerPage(response, 'You are not signed in. You can close this page.');
      reject(signInFailed(`The sign-in was declined (${answer.get('error') ?? 'no reason given'}).`));
      return;
    }
    answerPage(response, 'You are signed in. You can close this page and return to the terminal.');
    resolve(code);
  });
  return promise.finally(() => clearTimeout(timer));
}

function answerPage(response: ServerResponse, message: string): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
  response.end(
    `<!doctype html><meta charset="utf-8"><title>Pumphouse</title>` +
      `<body style="font:16px system-ui;margin:20vh auto;max-width:32em;text-align:center">${message}</body>`,
  );
}

function signInFailed(message: string): CommandError {
  return new CommandError(message, {
    code: 'sign_in_failed',
    exitCode: exitCodes.notSignedIn,
    nextStep: 'Run pumphouse login again; --device works without a browser on this machine.',
  });
}
