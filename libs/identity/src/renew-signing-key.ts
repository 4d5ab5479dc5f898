import * as z from 'zod';
import { command, internal, Uuid } from '#kernel/messages';

/** Identity's word to itself: the time of this signing key is up. */
export class RenewSigningKey extends command('identity.renew-signing-key.v1', {
  access: internal,
  key: 'kid',
  input: z.object({ kid: Uuid }),
  example: { input: { kid: '0199f3a2-7c1e-7abc-8def-0123456789ab' } },
}) {}
