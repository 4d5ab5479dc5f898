import { anyone, command } from '#kernel/messages';
import * as z from 'zod';
import { RefreshToken } from './refresh.js';
import { exampleTokens } from './tokens.js';

/** Revokes a refresh token with all its family; one that nobody knows is fine. Access tokens live out their minutes. */
export class LogOut extends command('identity.log-out.v1', {
  access: anyone,
  repeatable: true,
  input: z.object({ refreshToken: RefreshToken }),
  example: { input: { refreshToken: exampleTokens.refreshToken } },
}) {}
