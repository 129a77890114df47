/** Parses the address of a container engine, in the formats of Docker's own tools. Pure. */

export interface EngineAddress {
  /** `unix:///path`, `http://host:port` or `https://host:port`; always with its port. */
  url: string;
  /**
   * Null without client certificates: a socket, plain http, or https verified with the machine's own
   * authorities.
   */
  tls: EngineCertificates | null;
}

/** PEM texts. */
export interface EngineCertificates {
  ca: string;
  cert: string;
  key: string;
}

/**
 * An invalid address. The message says what to write instead, and never repeats the address, which may
 * contain a password.
 */
export class EngineAddressError extends Error {
  override readonly name = 'EngineAddressError';
}

const ports = { http: '80', https: '443', tcpPlain: '2375', tcpTls: '2376' };

/**
 * Normalizes an address for `EngineAddress`. `tcp://` becomes http, or https if TLS is requested, with
 * Docker's default ports.
 * @throws EngineAddressError
 */
export function readEngineUrl(text: string, { withTls }: { withTls: boolean }): string {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/.exec(text) ?? [];
  switch (scheme) {
    case 'unix':
      if (!rest.startsWith('/') || rest.length < 2)
        throw new EngineAddressError('give the absolute path of the socket: unix:///run/podman/podman.sock.');
      return text;
    case 'tcp':
      return withTls ? readHost('https', rest, ports.tcpTls) : readHost('http', rest, ports.tcpPlain);
    case 'http':
      if (withTls)
        throw new EngineAddressError(
          'DOCKER_TLS_VERIFY requires TLS, which http:// does not have. Write https:// or tcp://.',
        );
      return readHost('http', rest, ports.http);
    case 'https':
      return readHost('https', rest, ports.https);
    case 'ssh':
      throw new EngineAddressError(
        'ssh:// is not supported. Forward the socket of the engine (ssh -N -L /run/engine.sock:/var/run/docker.sock HOST) ' +
          'and set PUMPHOUSE_ENGINE_URL=unix:///run/engine.sock.',
      );
    default:
      throw new EngineAddressError('must begin with unix://, tcp://, http:// or https://.');
  }
}

/**
 * Whether the engine may be on this machine. A forwarded socket looks local too; only the operator can know.
 */
export function isLocalEngine(url: string): boolean {
  if (url.startsWith('unix:')) return true;
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

/** Parsed with an unknown scheme, because an http URL drops the port 80. */
function readHost(scheme: 'http' | 'https', rest: string, defaultPort: string): string {
  const url = URL.parse(`engine://${rest}`);
  if (!url?.hostname) throw new EngineAddressError('has no host: write tcp://host:2376, for example.');
  if (url.username || url.password)
    throw new EngineAddressError(
      'must not contain a user name or password: engines support only certificates (DOCKER_CERT_PATH).',
    );
  if (!['', '/'].includes(url.pathname) || url.search || url.hash)
    throw new EngineAddressError('must not have a path: write tcp://host:2376, for example.');
  return `${scheme}://${url.hostname}:${url.port || defaultPort}`;
}
