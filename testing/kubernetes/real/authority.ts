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
  const withNewKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout'];
  const days = ['-days', '30'];
  const constraints = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign'];
  const subject = ['-subj', '/CN=test cluster', ...days, ...constraints];
  await openssl('req', '-x509', ...withNewKey, 'ca.key', ...subject, '-out', 'ca.crt');

  const names = addresses.map((address) => `IP:${address}`).join(',');
  await writeFile(file('server.cnf'), `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`);
  await openssl('req', ...withNewKey, 'server.key', '-subj', '/CN=kube-apiserver', '-out', 'server.csr');
  const signer = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', ...days];
  const request = ['-in', 'server.csr', '-extfile', 'server.cnf'];
  await openssl('x509', '-req', ...request, ...signer, '-out', 'server.crt');
  await openssl('genrsa', '-traditional', '-out', 'accounts.key', '2048');
  return {
    certificateFile: file('ca.crt'),
    certificate: await readFile(file('ca.crt'), 'utf8'),
    serverCertificateFile: file('server.crt'),
    serverKeyFile: file('server.key'),
    accountKeyFile: file('accounts.key'),
  };
}
