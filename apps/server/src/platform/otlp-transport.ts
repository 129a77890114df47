import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';

/**
 * How traces or metrics reach their OpenTelemetry collector. The operator chose its address, so it may be an
 * internal one.
 */
export interface OtlpTransport {
  /** The full address, such as http://127.0.0.1:4318/v1/traces. */
  url: string;
  /** May be secret. */
  headers: Record<string, string>;
  timeoutMs: number;
  compression: 'gzip' | 'none';
  /** What https trusts and presents, as PEM. Without `ca` it trusts what Node.js does. */
  tls: { ca?: Buffer; cert?: Buffer; key?: Buffer };
  /** `service.name` and others. */
  resource: Record<string, string>;
}

/** Returns the options of an exporter of OpenTelemetry. What they leave out, it would read from the environment. */
export function toExporterOptions({ url, headers, timeoutMs, compression, tls }: OtlpTransport) {
  return {
    url,
    headers,
    timeoutMillis: timeoutMs,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    httpAgentOptions: { keepAlive: true, ...tls },
  };
}
