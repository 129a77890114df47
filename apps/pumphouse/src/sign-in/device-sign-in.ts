import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type Client } from '@pumphouse/client';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { openBrowser } from '../terminal/open-browser.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { NewSession } from './new-session.ts';

const defaultIntervalSeconds = 5;

/**
 * Signs in with a code that the user approves in any browser (RFC 8628). Without a terminal it only prints the
 * command that continues, because nothing may wait there.
 */
export async function signInWithDeviceCode(terminal: Terminal, client: Client): Promise<NewSession> {
  const issued = await client.call('issue_device_code_session');
  terminal.alert(
    `Visit ${issued.verification_uri_complete}\nand confirm the code ${terminal.tone('strong', issued.user_code)}.`,
  );
  if (!terminal.isInteractive) {
    throw new CommandError('The sign-in waits for your approval in a browser.', {
      code: 'sign_in_pending',
      exitCode: exitCodes.notSignedIn,
      nextStep: `Approve it, then run: pumphouse login --resume ${issued.device_code}`,
    });
  }
  await openBrowser(issued.verification_uri_complete, terminal.env);
  return pollForApproval(client, issued.device_code, issued.interval);
}

/** Continues a sign-in whose code the user has approved, or will approve. */
export async function resumeDeviceSignIn(
  terminal: Terminal,
  client: Client,
  deviceCode: string,
): Promise<NewSession> {
  terminal.redraw('Waiting for your approval in the browser');
  return pollForApproval(client, deviceCode, defaultIntervalSeconds);
}

/** The server answers 403 until a user has answered, and asks for longer intervals with `slow_down`. */
async function pollForApproval(
  client: Client,
  deviceCode: string,
  intervalSeconds: number,
): Promise<NewSession> {
  for (let seconds = intervalSeconds; ;) {
    try {
      return await client.call('redeem_device_code_session', { body: { device_code: deviceCode } });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 403) throw error;
      if (error.code === 'slow_down') seconds += defaultIntervalSeconds;
    }
    await sleep(seconds * 1000);
  }
}
