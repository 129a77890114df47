export type ExecutorErrorKind = 'image' | 'quota' | 'config' | 'backend';

/** A typed failure to start. `backend` may be retried; the others would fail again. */
export class ExecutorError extends Error {
  readonly kind: ExecutorErrorKind;
  constructor(kind: ExecutorErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExecutorError';
    this.kind = kind;
  }
}
