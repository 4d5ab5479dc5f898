import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;
/** Who has just connected is about to ask. */
const ABOUT_TO_ASK_MS = 2_000;

/**
 * Lets clients go elsewhere before a server ends: who asks once more is answered and told to connect anew, so that no request
 * meets a connection just as it is closed. Resolves when nobody is connected, or after so long. From then on, too, a
 * connection is not taken for an idle one where nothing was asked on it yet, or where something has come that is yet to be read:
 * closed over that, the client would be told ECONNRESET.
 */
export async function letGo(server: Server, withinMs: number): Promise<void> {
  const fresh = new Set<Socket>();
  server.on('connection', (socket) => {
    fresh.add(socket);
    const forget = () => fresh.delete(socket);
    setTimeout(forget, ABOUT_TO_ASK_MS).unref();
    socket.once('close', forget);
  });
  server.prependListener('request', ({ socket }, response) => {
    fresh.delete(socket);
    response.shouldKeepAlive = false;
  });
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => {
    setImmediate(() => fresh.size === 0 && closeIdle()); // all that has come by now is read before
  };
  for (const until = performance.now() + withinMs; performance.now() < until; await pause(LOOK_EVERY_MS)) {
    const connections = await new Promise<number>((resolve, reject) =>
      server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
    if (connections === 0) return;
  }
}
