/**
 * Proofs of a connection into an app between two servers of an installation. Each server proves that it has the
 * secret key, so only they open connections, and only they answer at the addresses of servers.
 */
import type { Encryption } from '../../platform/encryption.ts';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { handle } from './values.ts';

/** The path at which a server connects other servers to apps of its workers, and the protocol that it switches to. */
export const appConnectionPath = '/pumphouse/v1/servers/app-connection';
export const appConnectionProtocol = 'pumphouse-app.1';
/** Header of a request: the app, in base64url. */
export const appHeader = 'pumphouse-app';
/** Header of an answer: the proof of the server that answers. */
export const answerHeader = 'pumphouse-proof';

/** A call can be late by this time, by the clock of the database. */
export const maxCallAgeSeconds = 30;

const scheme = 'Pumphouse-Server';
const headerPattern = /^Pumphouse-Server at=(\d{1,15}),nonce=([0-9a-f]{32}),proof=([\w-]{43})$/;

/** The attempt and the port that a server wants to be connected to. */
const appTarget = z.object({ handle, port: z.int().min(1).max(32_767) });
export type AppTarget = z.output<typeof appTarget>;

/** What both servers prove: only this connection, only to this server, only now. */
interface Call {
  serverId: string;
  sentAtMs: number;
  nonce: string;
  /** Value of the header of the app. */
  app: string;
}

type Prover = Pick<Encryption, 'proveToServer' | 'isFromServer'>;
export type AppConnectionProofs = ReturnType<typeof createAppConnectionProofs>;

/** Creates and checks the proofs of one installation. */
export function createAppConnectionProofs(installationId: string, encryption: Prover) {
  const describe = (side: 'call' | 'answer', { serverId, sentAtMs, nonce, app }: Call) =>
    ['app connection 1', side, installationId, serverId, sentAtMs, nonce, app].join('\n');

  return {
    /** Creates the headers of a call, and what its answer is checked with. */
    createCall(serverId: string, target: AppTarget, now: Date) {
      const app = Buffer.from(JSON.stringify(target)).toString('base64url');
      const call = { serverId, sentAtMs: now.getTime(), nonce: randomBytes(16).toString('hex'), app };
      const proof = encryption.proveToServer(describe('call', call));
      return {
        headers: {
          authorization: `${scheme} at=${call.sentAtMs},nonce=${call.nonce},proof=${proof}`,
          [appHeader]: app,
        },
        isAnswer: (answer: unknown) =>
          typeof answer === 'string' && encryption.isFromServer(describe('answer', call), answer),
      };
    },

    /**
     * Reads a call to a server. The caller checks its time, and that the nonce is new.
     * @returns null unless a server of the installation made it for this server
     */
    readCall(serverId: string, headers: Record<string, string | string[] | undefined>) {
      const [, at = '', nonce = '', proof = ''] = headerPattern.exec(String(headers['authorization'])) ?? [];
      const app = headers[appHeader];
      if (proof === '' || typeof app !== 'string') return null;
      const call = { serverId, sentAtMs: Number(at), nonce, app };
      if (!encryption.isFromServer(describe('call', call), proof)) return null;
      const target = appTarget.safeParse(parseJson(app));
      if (!target.success) return null;
      const answer = encryption.proveToServer(describe('answer', call));
      return { sentAtMs: call.sentAtMs, nonce, target: target.data, answer };
    },
  };
}

function parseJson(app: string): unknown {
  try {
    return JSON.parse(Buffer.from(app, 'base64url').toString());
  } catch {
    return null;
  }
}
