import type { Socket } from 'node:net';

/** How long a client may go on sending what nobody reads, or leave unread why it was refused. */
const LINGER_MS = 2_000;

/**
 * Lets a connection be closed in two steps (RFC 9112, §9.6), so that who is still sending when it is refused gets to read
 * why. Closed at once it would be reset, and the answer lost with it.
 */
export function linger(socket: Socket): void {
  socket.destroySoon = () => endSoon(socket);
}

/**
 * Sends `last`, says that no more comes, and closes the connection after a while whatever its client does: one that
 * neither reads nor hangs up would hold it for ever.
 */
export function endSoon(socket: Socket, last = ''): void {
  socket.end(last);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
