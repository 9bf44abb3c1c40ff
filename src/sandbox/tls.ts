import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { replaceFile } from '../base/files.ts';

const DAY_MS = 86_400_000;
const VALID_DAYS = 365;
/** A certificate is made anew this long before it expires, so that a sandbox may run on for a while. */
const RENEW_DAYS = 30;

/** What the server proves itself with. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** Where clients find the authority to trust: the certificate itself. */
  readonly caFile: string;
}

/**
 * The self-signed certificate of a sandbox folder for 127.0.0.1 and localhost, made anew where there is none or its time is
 * up. Its dates are the machine's, as those of the clients that check it.
 * @throws NodewardError file-unwritable
 */
export async function certificateIn(folder: string): Promise<Certificate> {
  const caFile = join(folder, 'ca.pem');
  const keyFile = join(folder, 'key.pem');
  if (existsSync(caFile) && existsSync(keyFile)) {
    const [cert, key] = [readFileSync(caFile, 'utf8'), readFileSync(keyFile, 'utf8')];
    if (isUsable(cert)) return { key, cert, caFile };
  }
  const now = Date.now();
  const made = await generate([{ name: 'commonName', value: 'Nodeward sandbox' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // Some minutes early: a client may be behind.
    notBeforeDate: new Date(now - 600_000),
    notAfterDate: new Date(now + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: 'localhost' },
        ],
      },
    ],
  });
  await replaceFile(keyFile, (aside) => writeFile(aside, made.private, { mode: 0o600 }));
  await replaceFile(caFile, (aside) => writeFile(aside, made.cert));
  return { key: made.private, cert: made.cert, caFile };
}

function isUsable(pem: string): boolean {
  try {
    return Date.parse(new X509Certificate(pem).validTo) > Date.now() + RENEW_DAYS * DAY_MS;
  } catch {
    return false;
  }
}
