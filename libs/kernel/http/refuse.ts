import type { Socket } from 'node:net';
import { type EdgeErrorCode, edgeFailure } from './edge-failure.js';
import { endSoon } from './linger.js';
import { PROBLEM_TYPE, problemOf } from './problem.js';

const refused = new WeakSet<Socket>();

const codes: ReadonlyMap<string | undefined, EdgeErrorCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'http.headers_too_large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'http.request_timeout'],
]);

/** Answers on the socket, since bytes that are no HTTP request reach no route. */
export function refuse({ code }: Error & { code?: string }, socket: Socket): void {
  if (refused.has(socket)) return; // what it still sends is no request either: it has its answer, and its time to read it
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  refused.add(socket);
  const failure = edgeFailure(codes.get(code) ?? 'http.bad_request');
  const body = JSON.stringify(problemOf(failure, '0'.repeat(32)));
  endSoon(
    socket,
    `HTTP/1.1 ${failure.status} \r\nConnection: close\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
