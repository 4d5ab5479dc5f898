import { text } from '#kernel/messages';
import * as z from 'zod';

/** `expiresIn` is the access token's life in seconds. */
export const Tokens = z.object({ accessToken: text(), refreshToken: text(), expiresIn: z.int() });

export const exampleTokens = {
  accessToken: 'eyJhbGciOiJFUzI1NiIsImtpZCI6IjAxOTlmM2EyLTdjMWUifQ.eyJzdWIiOiIwMTk5ZjNhMi03YzFlIn0.c2lnbmF0dXJl',
  refreshToken: 'nq3hXw2mTz1cJ9bLr7VfYkP0sUeG5oDa8iCtE4xHZ6A',
  expiresIn: 900,
};
