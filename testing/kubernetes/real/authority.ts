import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Files of a cluster's certificate authority and of the certificate that its servers share. */
export interface Authority {
  certificateFile: string;
  /** PEM */
  certificate: string;
  serverCertificateFile: string;
  serverKeyFile: string;
  /** Signs tokens of service accounts. */
  accountKeyFile: string;
}

/** @param addresses IP addresses of the servers */
export async function makeAuthority(folder: string, addresses: readonly string[]): Promise<Authority> {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const constraints = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign'];
  await openssl(
    ...['req', '-x509', ...newKey, '-days', '30', '-subj', '/CN=test cluster', ...constraints],
    ...['-keyout', 'ca.key', '-out', 'ca.crt'],
  );
  const names = addresses.map((address) => `IP:${address}`).join(',');
  await writeFile(file('server.cnf'), `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`);
  await openssl(
    'req',
    ...newKey,
    '-subj',
    '/CN=kube-apiserver',
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
  );
  await openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-days', '30', '-extfile', 'server.cnf', '-out', 'server.crt'],
  );
  await openssl('genrsa', '-traditional', '-out', 'accounts.key', '2048');
  return {
    certificateFile: file('ca.crt'),
    certificate: await readFile(file('ca.crt'), 'utf8'),
    serverCertificateFile: file('server.crt'),
    serverKeyFile: file('server.key'),
    accountKeyFile: file('accounts.key'),
  };
}
