/** A plain-text mail to one address. */
export interface Mail {
  /** Same id for the same mail, so that a recipient can recognize a duplicate. */
  id: string;
  to: string;
  subject: string;
  text: string;
}

export interface Mailer {
  /**
   * Resolves when the mail server has accepted it.
   * @throws MailRefusedError if it was rejected permanently; other errors may be temporary
   */
  send(mail: Mail): Promise<void>;
  /**
   * Connects to the mail server and signs in, and sends nothing.
   * @throws Error if that fails
   */
  check(): Promise<void>;
  /** Aborts deliveries in progress, because a mail server that does not respond would block shutdown. */
  close(): void;
}

export interface MailSettings {
  /** smtp:// or smtps://, with user and password if the mail server requires them. */
  smtpUrl: URL;
  from: string;
}

/** The mail server knows no such mailbox, or accepts nothing for it. */
export class MailRefusedError extends Error {
  override readonly name = 'MailRefusedError';
}
