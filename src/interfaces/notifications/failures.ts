const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be resolved at the moment',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'the connection broke off',
  EPIPE: 'the connection broke off',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted, as it signed it itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted; NODE_EXTRA_CA_CERTS can name its authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is not trusted; NODE_EXTRA_CA_CERTS can name its authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate is not trusted; NODE_EXTRA_CA_CERTS can name its authority',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** Why something on the network failed, by its code alone: texts of errors may hold anything. */
export function failureWords(thrown: unknown): string {
  const code = codeOf(thrown);
  if (code === null) return 'the connection broke off';
  const words = WORDS[code] ?? (/^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? `it failed with ${code}` : 'it failed');
  const proxied = process.env.HTTPS_PROXY ?? process.env.https_proxy ?? '';
  const unreachable = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOTFOUND'].includes(
    code,
  );
  return unreachable && proxied !== '' ? `${words} (notifications go through no proxy)` : words;
}

/** The code of an error, or of the first one it is made of: several addresses were tried. */
function codeOf(thrown: unknown): string | null {
  const { code, errors } = thrown as { code?: unknown; errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  return typeof code === 'string' ? code : null;
}
