import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { directProcesses } from '#kernel/direct/testing';
import { freePort } from '#kernel/local';
import { until } from '#kernel/testing';
import { echo, pem, request } from '#kernel/testing/guarantees';
import { frameOf } from './frames.js';
import { BreakingProxy } from './testing/breaking-proxy.js';

const { open, warnings } = directProcesses();

/** A process that serves `shop` and notes what it was asked, and its port. */
async function owner() {
  const port = await freePort();
  const calls = await open({ at: ['127.0.0.1'], environment: { DIRECT_PORT: String(port) } });
  const begun: object[] = [];
  await calls.serve('shop', async ({ input }) => begun.push(input));
  return { calls, begun, port };
}

/** The same, after a call that somebody in between has heard. */
async function overheard() {
  const owning = await owner();
  const front = await freePort();
  const proxy = await BreakingProxy.start(front, owning.port);
  const asker = await open({ at: [`127.0.0.1:${front}`] });
  await asker.call('shop', request({ n: 1 }));
  return { ...owning, proxy, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}

describe('calls over direct connections', () => {
  it.each([
    ['by another key', 'another key'],
    ['by no key', undefined],
  ])('are refused, and counted, where they are signed %s', async (_, key) => {
    const { calls, begun, port } = await owner();
    const forger = await open({ at: [`127.0.0.1:${port}`], key });
    await expect(forger.call('shop', request({}, 500))).rejects.toMatchObject({ code: 'kernel.unavailable' });
    expect(calls.counters['forged']).toBeGreaterThan(0);
    expect(begun).toEqual([]);
    expect(warnings).toContainEqual(expect.stringMatching(/127\.0\.0\.1:\d+ does not have our key/));
  });

  it('are not asked of a process without the key', async () => {
    const port = await freePort();
    const stranger = await open({ at: ['127.0.0.1'], environment: { DIRECT_PORT: String(port) }, key: undefined });
    const seen: object[] = [];
    await stranger.serve('shop', async ({ input }) => seen.push(input));
    const asker = await open({ at: [`127.0.0.1:${port}`] });
    await expect(asker.call('shop', request({ secret: true }, 500))).rejects.toMatchObject({
      code: 'kernel.unavailable',
    });
    expect(seen).toEqual([]);
  });

  it('are refused where somebody repeats on a connection what was heard on another', async () => {
    await using heard = await overheard();
    const { calls, begun, port, proxy } = heard;
    const copy = connect(port, '127.0.0.1').on('error', () => undefined);
    copy.end(Buffer.concat(proxy.heard[0]!));
    await once(copy.resume(), 'close');
    expect(calls.counters['forged']).toBe(1);
    expect(begun).toEqual([{ n: 1 }]);
  });

  it('are refused where somebody repeats a frame on the same connection', async () => {
    await using heard = await overheard();
    const { calls, begun, proxy } = heard;
    proxy.repeat();
    await until(() => calls.counters['forged'] === 1, 'refused');
    expect(begun).toEqual([{ n: 1 }]);
  });

  it.each([
    ['says nothing', undefined],
    ['has no frame', 'GET / HTTP/1.1\r\n\r\n'],
    ['has a large frame before it has shown the key', frameOf('x'.repeat(2_000))],
    ['has a frame that is not sealed', Buffer.concat([frameOf('nonce'), frameOf('Hshop')])],
  ])(
    'end the connection of somebody who %s',
    async (_, said) => {
      const { calls, begun, port } = await owner();
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      if (said !== undefined) socket.write(said);
      await once(socket.resume(), 'close');
      const asker = await open({ at: [`127.0.0.1:${port}`] });
      expect(await asker.call('shop', request({ n: 1 }))).toBe(1);
      expect(begun).toEqual([{ n: 1 }]);
      expect(calls.status).toBe('connected');
    },
    20_000,
  );
});

describe('calls over direct connections with TLS', () => {
  const certificate = { DIRECT_CERT_FILE: pem('server'), DIRECT_KEY_FILE: pem('server') };

  it('are answered where the certificate is signed by who is trusted', async () => {
    const [serving, asker] = [
      await open({ environment: certificate }),
      await open({ environment: { DIRECT_CA_FILE: pem('authority') } }),
    ];
    await serving.serve('shop', echo);
    expect(await asker.call('shop', request({ n: 1 }))).toEqual({ n: 1 });
  });

  it.each([
    ['a certificate of another authority', certificate, { DIRECT_CA_FILE: pem('another') }, /certificate/],
    ['a certificate of an authority that this machine does not know', certificate, certificate, /certificate/],
    ['no certificate', {}, { DIRECT_CA_FILE: pem('authority') }, /away/],
  ])('tell nothing to a process with %s', async (_, theirs, ours, why) => {
    const [serving, asker] = [await open({ environment: theirs }), await open({ environment: ours })];
    const seen: object[] = [];
    await serving.serve('shop', async ({ input }) => seen.push(input));
    await expect(asker.call('shop', request({}, 1_000))).rejects.toMatchObject({ code: 'kernel.unavailable' });
    expect(seen).toEqual([]);
    expect(warnings).toContainEqual(expect.stringMatching(why));
  });

  it('are refused to who speaks without it', async () => {
    const [serving, asker] = [await open({ environment: certificate }), await open()];
    const seen: object[] = [];
    await serving.serve('shop', async ({ input }) => seen.push(input));
    await expect(asker.call('shop', request({}, 1_000))).rejects.toMatchObject({ code: 'kernel.unavailable' });
    expect(seen).toEqual([]);
  });

  it('stop the start where a file cannot be read', async () => {
    await expect(open({ environment: { DIRECT_CA_FILE: '/nowhere.pem' } })).rejects.toThrow(
      /DIRECT_CA_FILE=.*cannot be read/,
    );
  });
});
