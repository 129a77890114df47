import type { AttemptResult } from '../../domain/deliveries/attempt-result.ts';
import type { OutboundHttp, OutboundRequest } from '../../outbound/outbound-http.ts';
import { excerptAnswer } from './answer-excerpt.ts';

/**
 * Posts a message and reads the answer as the result of an attempt.
 * @param options.secrets parts of the request that the excerpt of the answer must not contain
 */
export async function postMessage(
  outbound: OutboundHttp,
  request: OutboundRequest,
  { secrets, signal }: { secrets: readonly string[]; signal: AbortSignal },
): Promise<AttemptResult> {
  const result = await outbound.post(request, signal);
  if (result.kind !== 'answered') return result;
  const { status, body, retryAfter } = result;
  const answer = excerptAnswer(body, secrets);
  return status >= 200 && status < 300
    ? { kind: 'accepted', responseCode: status, answer }
    : { kind: 'answered', responseCode: status, answer, retryAfter };
}
