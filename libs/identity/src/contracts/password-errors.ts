import * as z from 'zod';

/** What may come of everything that a password is hashed for. */
export const passwordErrors = {
  'identity.busy': {
    status: 503,
    message: 'More passwords come in than can be checked just now. Come again in `retryAfter` seconds.',
    details: z.object({ retryAfter: z.int() }),
  },
} as const;
