import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { codeOf } from './files.js';

/**
 * A port of 127.0.0.1 that nobody listens on just now: the former one, or else another. It is below those that systems give out
 * by themselves, so that nobody takes it before it is listened on, nor while who listens there is away; and beyond 10080, the
 * last that `fetch` refuses to ask (WHATWG Fetch, bad ports).
 */
export async function freePort(former = randomInt(11_000, 30_000)): Promise<number> {
  return (await isFree(former)) ? former : freePort();
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ host: '127.0.0.1', port, exclusive: true }), 'listening');
    return true;
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') return false;
    throw error;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
