import { anyone, command, personal, secret, text } from '#kernel/messages';
import * as z from 'zod';
import { passwordErrors } from './password-errors.js';
import { exampleTokens, Tokens } from './tokens.js';

/** Gives tokens for an e-mail address and its password. */
export class LogIn extends command('identity.log-in.v1', {
  access: anyone,
  sensitive: true,
  repeatable: true,
  input: z.object({
    email: personal(z.email().max(320)),
    password: secret(text().min(1).max(1_024)),
    /** The client's IP address, put in by the edge. */
    address: personal(text().max(64)).optional(),
    /** Put in by the edge, new for each request: a failure that the bus repeats counts once. */
    attempt: secret(text().min(1).max(64)).optional(),
  }),
  output: Tokens,
  errors: {
    'identity.credentials_wrong': { status: 401, message: 'No account with this e-mail address and password.' },
    'identity.too_many_attempts': {
      status: 429,
      message: 'Logging in has failed too often from here. Wait for `retryAfter` seconds.',
      details: z.object({ retryAfter: z.int() }),
    },
    ...passwordErrors,
  },
  example: {
    input: { email: 'edurne.alpine@example.com', password: 'three warm sleeping bags' },
    output: exampleTokens,
  },
}) {}
