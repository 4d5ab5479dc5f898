import { command, permission, Uuid } from '#kernel/messages';
import * as z from 'zod';

/** Publishes a new key for access tokens at once; it signs as soon as everybody knows it. The old one’s tokens stay good. */
export class RotateSigningKey extends command('identity.rotate-signing-key.v1', {
  access: permission('operations'),
  input: z.object({}),
  output: z.object({ kid: Uuid }),
  example: { input: {}, output: { kid: '0199f3a2-7c1e-7abc-8def-0123456789ab' } },
}) {}
