import { anyone, command, personal, text } from '#kernel/messages';
import * as z from 'zod';

/** Gives tokens for an e-mail address and its password. `expiresIn` is the access token's life in seconds. */
export class LogIn extends command('identity.log-in.v1', {
  access: anyone,
  sensitive: true,
  repeatable: true,
  input: z.object({ email: personal(z.email().max(320)), password: personal(text().min(1).max(1_024)) }),
  output: z.object({ accessToken: text(), refreshToken: text(), expiresIn: z.int() }),
  errors: {
    'identity.credentials_wrong': { status: 401, message: 'No account with this e-mail address and password.' },
  },
}) {}
