import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AggregateAuthenticationError,
  AuthenticationError,
  CredentialUnavailableError,
} from '@azure/identity';
import { azureProblem, isCredentialFailure, saidBy } from '../../../src/inventory/providers/aks/problems.ts';

const NONE = [
  new CredentialUnavailableError('EnvironmentCredential is unavailable. Visit a page.'),
  new CredentialUnavailableError('Azure CLI could not be found. Visit another page.'),
];

describe('what a failure to sign in says', () => {
  it('is one sentence where there are no credentials at all', () => {
    const thrown = new AggregateAuthenticationError(NONE, 'ChainedTokenCredential authentication failed.');
    assert.ok(isCredentialFailure(thrown));
    assert.match(saidBy(thrown), /^no credentials were found in the environment, .*Azure CLI.*CLI$/);
  });

  it('is what went wrong with those that were there', () => {
    const expired = new AuthenticationError(400, {
      error: 'invalid_client',
      error_description: 'AADSTS7000222: expired',
    });
    const thrown = new AggregateAuthenticationError(
      [...NONE, expired],
      'ChainedTokenCredential authentication failed.',
    );
    assert.ok(isCredentialFailure(thrown));
    assert.match(saidBy(thrown), /AADSTS7000222: expired/);
  });

  it('is its own message elsewhere, in one line', () => {
    assert.equal(saidBy(new Error('a\nb.')), 'a b');
  });
});

describe('what Azure refuses', () => {
  it('is the action that is not granted, and not where', () => {
    const message =
      "The client 'x' with object id 'y' does not have authorization to perform action 'Microsoft.Compute/disks/read' over scope '/subscriptions/s' or the scope is invalid.";
    const thrown = Object.assign(new Error(message), { statusCode: 403, code: 'AuthorizationFailed' });
    const { code, detail } = azureProblem(thrown, 's', 'It cannot be read');
    assert.deepEqual(
      [code, detail],
      ['no-permission', 'It cannot be read: Microsoft.Compute/disks/read is not granted'],
    );
  });
});
