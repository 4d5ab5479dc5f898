import { anyone, command, secret, text } from '#kernel/messages';
import * as z from 'zod';
import { exampleTokens, Tokens } from './tokens.js';

export const RefreshToken = secret(text().min(1).max(1_024));

/**
 * Gives new tokens for a refresh token, which is used up by that. One that is used a second time has been stolen from
 * somebody: all tokens of its family are revoked, the youngest too (RFC 9700 §4.14.2).
 */
export class Refresh extends command('identity.refresh.v1', {
  access: anyone,
  sensitive: true,
  repeatable: true, // as long as `attempt` stays the same
  input: z.object({
    refreshToken: RefreshToken,
    /** A secret of the edge, new for each request: the bus's own repeat has the same and is no second use. */
    attempt: secret(text().min(1).max(64)).optional(),
  }),
  output: Tokens,
  errors: {
    'identity.refresh_token_invalid': {
      status: 401,
      message: 'This refresh token is unknown, expired, revoked, or was used before. Log in again.',
    },
  },
  example: {
    input: { refreshToken: 'Zk2vW8yQ5nB1xT7rL4cJ0hM3pS6dF9gA-uEoIiKqVwY' },
    output: exampleTokens,
  },
}) {}
