import type { Mailer, MailSettings } from './mailer.ts';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { createTransport } from 'nodemailer';
import { isErrorCode } from '../platform/error-code.ts';
import { MailRefusedError } from './mailer.ts';

const connectMs = 20_000;
const silenceMs = 30_000;

/**
 * Sends mail through an SMTP server. smtps:// starts with TLS (port 465). smtp:// upgrades to TLS if offered
 * (port 587), and requires it before sending a password beyond this machine.
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
          // An object, because a string could be parsed as several addresses.
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
      } catch (error) {
        if (isRefusal(error)) throw new MailRefusedError(error.message, { cause: error });
        throw error;
      }
    },
    async check() {
      await transport.verify();
    },
    close() {
      for (const socket of sockets) socket.destroy(new Error('The server stops'));
    },
  };
}

/** Whether a permanent error (5xx) concerns the mail or its address, not the sender. */
function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error) || !('responseCode' in error)) return false;
  return (
    Number(error.responseCode) >= 500 && (isErrorCode(error, 'EENVELOPE') || isErrorCode(error, 'EMESSAGE'))
  );
}
