import { readFile } from 'node:fs/promises';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { encodeForm } from './encode-form.ts';

type Fetch = typeof globalThis.fetch;

/**
 * The fetch for a server: through the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, and trusting
 * the certificates in `SSL_CERT_FILE` or `REQUESTS_CA_BUNDLE`, as the Python clients do. Node itself reads
 * `NODE_EXTRA_CA_CERTS`. Only then is a library loaded: most users need neither.
 */
export async function openFetch(env: NodeJS.ProcessEnv, serverUrl: string): Promise<Fetch> {
  const isSecure = serverUrl.startsWith('https:');
  const { httpProxy, httpsProxy } = proxiesOf(env);
  const hasProxy = isSecure ? httpsProxy : httpProxy;
  const authorityFile = isSecure && (env['SSL_CERT_FILE'] || env['REQUESTS_CA_BUNDLE']);
  if (!hasProxy && !authorityFile) return globalThis.fetch;
  const undici = await import('undici');
  const { rootCertificates } = await import('node:tls');
  const trusted = authorityFile ? { ca: [...rootCertificates, await readAuthorities(authorityFile)] } : {};
  const dispatcher = new undici.EnvHttpProxyAgent({
    ...proxiesOf(env),
    connect: trusted,
    requestTls: trusted,
    proxyTls: trusted,
  });
  // undici's fetch differs from that of Node only in the package that declares its types.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  const proxied = undici.fetch as unknown as Fetch;
  return (input, init = {}) => {
    const encoded = init.body instanceof FormData ? encodeForm(init.body, init) : { ...init };
    return proxied(input, Object.assign(encoded, { dispatcher }));
  };
}

interface Proxies {
  httpProxy?: string;
  httpsProxy?: string;
  noProxy?: string;
}

function proxiesOf(env: NodeJS.ProcessEnv): Proxies {
  const httpProxy = env['http_proxy'] || env['HTTP_PROXY'];
  const httpsProxy = env['https_proxy'] || env['HTTPS_PROXY'];
  const noProxy = env['no_proxy'] || env['NO_PROXY'];
  return { ...(httpProxy && { httpProxy }), ...(httpsProxy && { httpsProxy }), ...(noProxy && { noProxy }) };
}

async function readAuthorities(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(`The certificates in ${path} cannot be read (${String(error)}).`, {
      code: 'unreadable_file',
      exitCode: exitCodes.usage,
      nextStep: 'Correct SSL_CERT_FILE or REQUESTS_CA_BUNDLE, or remove the variable.',
    });
  }
}
