const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused',
  ETIMEDOUT: 'timeout',
  HPE_HEADER_OVERFLOW: 'invalid_answer',
};

/** Names the failure of a connection. The message of the error may contain secrets and is not used. */
export function describeFailure(error: unknown): string {
  const code = codeOf(error);
  const known = reasons[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'invalid_answer';
  if (code.startsWith('ERR_TLS_') || code.startsWith('ERR_SSL_') || certificateErrors.has(code))
    return 'tls_failed';
  return 'connection_failed';
}

/** An attempt over several addresses fails with the errors of all of them. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const certificateErrors = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'EPROTO',
]);
