import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate that is its own authority, with its key; PEM. */
export interface ServerCertificate {
  certificate: string;
  key: string;
}

/** Makes a certificate for loopback addresses with openssl. */
export async function createCertificate(): Promise<ServerCertificate> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-certificate-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const request = [
    'req',
    '-x509',
    '-nodes',
    '-days',
    '2',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
  ];
  const names = 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:kubernetes.default.svc';
  try {
    const subject = ['-subj', '/CN=kube-apiserver', '-addext', names];
    await promisify(execFile)('openssl', [...request, ...subject, '-keyout', key, '-out', certificate]);
    return { certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}
