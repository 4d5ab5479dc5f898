import { afterAll, describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';
import { sendTagged, versionsWanted } from './etag.js';

const app = fastify();
app.get('/thing', (_, reply) => void sendTagged(reply, '3.1', { thing: true }));
app.patch('/thing', (request) => ({ wanted: versionsWanted(request) ?? 'any' }));
afterAll(() => app.close());

describe('an ETag', () => {
  const get = (held?: string, method: 'GET' | 'HEAD' = 'GET') =>
    app.inject({ method, url: '/thing', headers: held === undefined ? {} : { 'if-none-match': held } });

  it.each([undefined, '"3.0"', '3.1', '"3.1', '"3.1x", W/"x3.1"', '', '"*"'])(
    'comes with what it is of, for whoever has none or another: %s',
    async (held) => {
      const { statusCode, headers, body } = await get(held);
      expect([statusCode, headers.etag, body]).toEqual([200, '"3.1"', '{"thing":true}']);
    },
  );

  it.each(['"3.1"', 'W/"3.1"', '"1", "3.1"', '"1",W/"3.1" , "x,y"', '*', ' * '])(
    'is all that whoever has it is sent: %s',
    async (held) => {
      for (const method of ['GET', 'HEAD'] as const) {
        const { statusCode, headers, body } = await get(held, method);
        expect([statusCode, headers.etag, body]).toEqual([304, '"3.1"', '']);
        expect(headers).not.toHaveProperty('content-type');
      }
    },
  );
});

describe('If-Match', () => {
  const wanted = async (header?: string) => {
    const headers = header === undefined ? {} : { 'if-match': header };
    const answer = await app.inject({ method: 'PATCH', url: '/thing', headers });
    const { wanted, code, message } = answer.json<{ wanted?: unknown; code?: string; message?: string }>();
    return wanted ?? `${code}: ${message}`;
  };

  it.each<[string | undefined, unknown]>([
    [undefined, 'any'],
    ['*', 'any'],
    ['"3.1"', ['3.1']],
    ['"3.1" ,"4.0"', ['3.1', '4.0']],
    ['"a,b", ""', ['a,b', '']],
    ['W/"3.1"', []],
    ['W/"3.1", "4.0"', ['4.0']],
  ])('%s asks for %j', async (header, expected) => {
    expect(await wanted(header)).toEqual(expected);
  });

  it.each(['3.1', '', '"3.1', '"3.1" "4.0"', '*, "3.1"', 'w/"3.1"', '"a b"'])(
    '%j is none, and it is said what would be one',
    async (header) => {
      expect(await wanted(header)).toMatch(/^http\.bad_request: If-Match is no entity tag: .* such as "3\.1"/);
    },
  );
});
