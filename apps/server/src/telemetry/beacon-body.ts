import { isDeeperThan, refuseBeacon } from './tolerant-json.ts';
import type { Parsed } from './tolerant-json.ts';

/** dlt's own bodies stay below 20; serializing JSON recurses once for each level. */
const MAX_DEPTH = 100;

/**
 * Decodes the JSON value of a beacon request from its raw bytes, because dlt sends no content type. Invalid
 * UTF-8 is replaced. Anything that is not JSON (a truncated body, Python's `NaN`) or nests deeper than 100 is
 * a `malformed_beacon`. Never throws. The caller limits the size.
 */
export function decodeBeaconBody(bytes: Uint8Array): Parsed<unknown> {
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isDeeperThan(body, MAX_DEPTH)) return refuseBeacon(`The body nests deeper than ${MAX_DEPTH}.`);
    return { ok: true, details: body };
  } catch (error) {
    return refuseBeacon(`The body is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}
