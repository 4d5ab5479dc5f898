import { anyone, query, text } from '#kernel/messages';
import * as z from 'zod';

/** The public keys by which access tokens are checked, as a JWK set (RFC 7517). */
export class GetJwks extends query('identity.get-jwks.v1', {
  access: anyone,
  input: z.object({}),
  output: z.object({
    keys: z.array(z.object({ kty: text(), crv: text(), x: text(), y: text(), kid: text(), alg: text(), use: text() })),
  }),
}) {}
