/** One span, ready to be sent. Ids are lower-case hex. */
export interface Span {
  traceId: string;
  spanId: string;
  /** Null for the root of a trace. */
  parentSpanId: string | null;
  name: string;
  startedAt: Date;
  endedAt: Date;
  /** Null: the status is not set, as for work that was cancelled. */
  status: 'ok' | 'error' | null;
  /** Why it failed; null for others. */
  message: string | null;
  attributes: Record<string, string | number | boolean>;
}

/** Sends spans to a collector. A collector that does not answer delays nothing and fails nothing. */
export interface SpanSender {
  /** Whether the trace with this id is sent at all. */
  isSampled(traceId: string): boolean;
  /**
   * Sends spans. Resolves when the collector has accepted them, or they are given up, or after a short time in
   * any case.
   */
  send(spans: readonly Span[]): Promise<void>;
  /** Sends what is left, for a short time. */
  close(): Promise<void>;
}
