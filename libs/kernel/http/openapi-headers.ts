/** Headers of answers that say something to a client. */
const known = {
  Location: {
    description: 'The address of what was made.',
    example: '/api/v1/things/0199f3a2-7c1e-7abc-8def-0123456789ab',
  },
  ETag: {
    description: 'The version of what is answered. Sent back as If-Match, it changes this version or nothing.',
    example: '"3"',
  },
  'Cache-Control': { description: 'Who may keep the answer, and for how long.', example: 'public, max-age=60' },
  'X-Request-Id': {
    description: 'Finds this request in logs and traces.',
    example: '0af7651916cd43dd8448eb211c80319c',
  },
  'Retry-After': { description: 'Seconds after which to try again.', example: '1' },
  'WWW-Authenticate': { description: 'How to prove who asks (RFC 6750).', example: 'Bearer' },
  'RateLimit-Policy': {
    description: 'How many requests of a kind are taken, in how many seconds.',
    example: '"writes";q=600;w=60',
  },
  RateLimit: { description: 'How many of them are left, and when there will be more.', example: '"writes";r=599;t=1' },
} as const;

/** Told where a limit applies to whoever asks. */
export const limitHeaders = ['RateLimit-Policy', 'RateLimit'] as const;

export type AnswerHeader = 'Location' | 'ETag' | 'Cache-Control';

type References = Record<string, { $ref: string }>;

/** Every header that a response may name, for the document's components. */
export const headerComponents = Object.fromEntries(
  Object.entries(known).map(([name, { description, example }]) => [
    name,
    { description, required: !name.startsWith('RateLimit'), schema: { type: 'string' }, example },
  ]),
);

export const answerHeaders = (names: readonly AnswerHeader[]): References => references(['X-Request-Id', ...names]);

/** Answered before there is a request. */
const onSocket = new Set([408, 431]);

export const headersOfProblem = (status: number): References =>
  references([
    ...(onSocket.has(status) ? [] : (['X-Request-Id'] as const)),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
    ...(status === 429 ? limitHeaders : []),
    ...(status === 429 || status === 503 ? (['Retry-After'] as const) : []),
  ]);

export const references = (names: readonly (keyof typeof known)[]): References =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
