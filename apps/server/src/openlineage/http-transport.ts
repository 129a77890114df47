import type { LineageEvent, SendEvent } from './lineage-event.ts';
import { setTimeout as delay } from 'node:timers/promises';

export interface HttpTransportSettings {
  /** Full address to which each event is posted. */
  url: string;
  /** Sent as a bearer token; null for none. */
  apiKey: string | null;
  /** For each request. */
  timeoutMs: number;
  /** Pauses before an event that was not accepted is sent again; by default two, of one and four seconds. */
  retryPausesMs?: readonly number[];
}

const defaultRetryPausesMs = [1000, 4000];
/** A receiver that is busy, or whose proxy has lost it, accepts the same event later. */
const passingStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Creates a function that posts an event, again if the receiver was busy or away. It follows no redirect, so the key
 * reaches only the address of the settings. Its errors contain neither the key nor what the receiver answered.
 */
export function createHttpTransport(settings: HttpTransportSettings): SendEvent {
  const { url, apiKey, timeoutMs, retryPausesMs = defaultRetryPausesMs } = settings;
  const headers = {
    'content-type': 'application/json',
    ...(apiKey !== null && { authorization: `Bearer ${apiKey}` }),
  };

  /** @returns the status, or the failure of the connection */
  async function post(body: string): Promise<number | Error> {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
      // The answer is of no interest, and may be large.
      await response.body?.cancel();
      return response.status;
    } catch (error) {
      return error instanceof Error ? error : new Error('The receiver of lineage events cannot be reached.');
    }
  }

  return async function sendEvent(event: LineageEvent) {
    const body = JSON.stringify(event);
    let answer = await post(body);
    for (const pauseMs of retryPausesMs) {
      if (typeof answer === 'number' && !passingStatuses.has(answer)) break;
      await delay(pauseMs, undefined, { ref: false });
      answer = await post(body);
    }
    if (typeof answer !== 'number') throw answer;
    if (answer < 200 || answer > 299)
      throw new Error(`The receiver of lineage events answered with status ${answer}.`);
  };
}
