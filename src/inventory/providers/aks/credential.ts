import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import type { AksSettings } from '../../types.ts';

/** A token is renewed when it has less than this left. */
const SPARE_MS = 5 * 60_000;

/**
 * The credential of the settings. Its tokens are kept in memory: every client of the SDK would ask for its own, and the
 * Azure CLI takes a second for each.
 */
export async function credentialOf(setting: AksSettings['credential']): Promise<TokenCredential> {
  if (setting !== 'default') return fixed(setting.token);
  const { DefaultAzureCredential } = await import('@azure/identity');
  return kept(new DefaultAzureCredential());
}

function fixed(token: string): TokenCredential {
  return {
    getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 24 * 3_600_000 }),
  };
}

/** Keeps tokens by their scopes; where several requests need one at a time, it is asked for once. */
export function kept(credential: TokenCredential): TokenCredential {
  const tokens = new Map<string, Promise<AccessToken | null>>();
  const forget = (key: string, stale: Promise<AccessToken | null>): void => {
    if (tokens.get(key) === stale) tokens.delete(key);
  };
  const getToken: TokenCredential['getToken'] = async (scopes, options: GetTokenOptions = {}) => {
    const key = [scopes, options.claims ?? '', options.tenantId ?? ''].flat().join(' ');
    const asked = tokens.get(key);
    if (asked !== undefined) {
      const token = await asked;
      if (token !== null && token.expiresOnTimestamp - Date.now() > SPARE_MS) return token;
      forget(key, asked);
      if (tokens.has(key)) return getToken(scopes, options);
    }
    const asking = credential.getToken(scopes, options);
    tokens.set(key, asking);
    return asking.catch((thrown: unknown) => {
      forget(key, asking);
      throw thrown;
    });
  };
  return { getToken };
}
