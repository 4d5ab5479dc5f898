import { authenticated, personal, query, text, Uuid } from '#kernel/messages';
import * as z from 'zod';

/** Who is logged in. */
export class GetMe extends query('identity.get-me.v1', {
  access: authenticated,
  input: z.object({}),
  output: z.object({
    id: Uuid,
    email: personal(text()),
    name: personal(text()),
    roles: z.array(z.enum(['admin', 'customer'])),
  }),
  example: {
    input: {},
    output: {
      id: '0199f3a2-7c1e-7abc-8def-0123456789ab',
      email: 'edurne.alpine@example.com',
      name: 'Edurne Alpine',
      roles: ['customer'],
    },
  },
}) {}
