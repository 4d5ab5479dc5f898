import { anyone, query, text } from '#kernel/messages';
import * as z from 'zod';

/** The public keys by which access tokens are checked, as a JWK set (RFC 7517). */
export class GetJwks extends query('identity.get-jwks.v1', {
  access: anyone,
  input: z.object({}),
  output: z.object({
    keys: z.array(z.object({ kty: text(), crv: text(), x: text(), y: text(), kid: text(), alg: text(), use: text() })),
  }),
  example: {
    input: {},
    output: {
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
          y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
          kid: '0199f3a2-7c1e-7abc-8def-0123456789ab',
          alg: 'ES256',
          use: 'sig',
        },
      ],
    },
  },
}) {}
