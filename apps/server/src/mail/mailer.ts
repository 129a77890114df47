import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { createTransport } from 'nodemailer';
import { isErrorCode } from '../platform/error-code.ts';

/** A mail of plain text to one address. */
export interface Mail {
  /** The same mail has the same id: who gets it twice can see that. */
  id: string;
  to: string;
  subject: string;
  text: string;
}

export interface Mailer {
  /** Resolves when the mail server has taken it. @throws MailRefusedError when it never will; other errors may pass */
  send(mail: Mail): Promise<void>;
  /** Gives up what is under way: a mail server that is silent would keep this one from ending. */
  close(): void;
}

export interface MailSettings {
  /** smtp:// or smtps://, with name and password where the mail server wants them. */
  smtpUrl: URL;
  from: string;
}

/** The mail server knows no such mailbox, or takes nothing for it. */
export class MailRefusedError extends Error {
  override readonly name = 'MailRefusedError';
}

const connectMs = 20_000;
const silenceMs = 30_000;

/**
 * Hands mail to an SMTP server. smtps:// begins with TLS (port 465). smtp:// changes to TLS where the server offers it (port 587), and has to
 * where a password would be sent beyond this machine.
 */
export function createSmtpMailer({ smtpUrl, from }: MailSettings): Mailer {
  const secure = smtpUrl.protocol === 'smtps:';
  const host = smtpUrl.hostname.replace(/^\[|\]$/g, '');
  const user = decodeURIComponent(smtpUrl.username);
  const isLocal = host === 'localhost' || host === '::1' || host.startsWith('127.');
  const port = Number(smtpUrl.port) || (secure ? 465 : 587);
  const sockets = new Set<Socket>();
  const transport = createTransport({
    host,
    port,
    getSocket(_options, callback) {
      const socket = connect({ host, port, timeout: connectMs });
      sockets.add(socket);
      const fail = (error: Error) => callback(error, false);
      socket.once('close', () => sockets.delete(socket));
      socket.once('timeout', () => socket.destroy(new Error(`${host}:${port} does not answer`)));
      socket.once('error', fail);
      socket.once('connect', () => {
        socket.off('error', fail);
        socket.setTimeout(0);
        socket.removeAllListeners('timeout');
        callback(null, { connection: socket });
      });
    },
    secure,
    requireTLS: !secure && user !== '' && !isLocal,
    ...(user !== '' && { auth: { user, pass: decodeURIComponent(smtpUrl.password) } }),
    greetingTimeout: silenceMs,
    socketTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.split('@').at(-1)?.replace(/>$/, '') ?? host;
  return {
    async send({ id, to, subject, text }) {
      try {
        await transport.sendMail({
          from,
          // An object: as text it could be read as several addresses.
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
      } catch (error) {
        if (isRefusal(error)) throw new MailRefusedError((error as Error).message, { cause: error });
        throw error;
      }
    },
    close() {
      for (const socket of sockets) socket.destroy(new Error('The server stops'));
    },
  };
}

/** A permanent answer (5xx) about the mail or its address, rather than about who sends. */
function isRefusal(error: unknown): boolean {
  const code = (error as { responseCode?: number }).responseCode ?? 0;
  return code >= 500 && (isErrorCode(error, 'EENVELOPE') || isErrorCode(error, 'EMESSAGE'));
}
