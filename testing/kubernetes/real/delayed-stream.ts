import { Transform, type TransformCallback } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** Passes chunks on in order, each as much later as `delayMs` returns when it arrives. */
export class DelayedStream extends Transform {
  readonly #delayMs: () => number;
  readonly #end = new AbortController();
  #lastSent: Promise<void> = Promise.resolve();

  constructor(delayMs: () => number) {
    super();
    this.#delayMs = delayMs;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#send(() => this.push(chunk));
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#send(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#end.abort();
    done(error);
  }

  #send(act: () => void): void {
    const { signal } = this.#end;
    const waited = delay(this.#delayMs(), undefined, { signal });
    const sent = Promise.all([this.#lastSent, waited]).then(act);
    // A destroyed stream sends nothing more.
    this.#lastSent = sent.catch(() => {});
  }
}
