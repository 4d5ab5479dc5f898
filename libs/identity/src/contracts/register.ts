import { anyone, command, personal, secret, text, Uuid } from '#kernel/messages';
import * as z from 'zod';
import { passwordErrors } from './password-errors.js';

/** What somebody may choose as a password; any characters, and no rule but its length (NIST SP 800-63B). */
export const NewPassword = text()
  .min(8, 'must have at least 8 characters')
  .max(1_024, 'must have at most 1,024 characters');

/** Opens a customer's account. */
export class Register extends command('identity.register.v1', {
  access: anyone,
  input: z.object({
    email: personal(z.email().max(320)),
    password: secret(NewPassword),
    name: personal(text().min(1).max(200)),
  }),
  output: z.object({ id: Uuid, email: personal(text()) }),
  errors: {
    'identity.email_taken': { status: 409, message: 'There is an account with this e-mail address.' },
    ...passwordErrors,
  },
  example: {
    input: { email: 'edurne.alpine@example.com', password: 'three warm sleeping bags', name: 'Edurne Alpine' },
    output: { id: '0199f3a2-7c1e-7abc-8def-0123456789ab', email: 'edurne.alpine@example.com' },
  },
}) {}
