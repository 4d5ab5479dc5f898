import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CannotStart, errorMessage } from '#kernel/base';

/** What a launcher is asked: to let another topology take over from the one that it runs. */
export interface SwitchRequest {
  readonly from: string;
  readonly to: string;
  readonly replicas: readonly (readonly [process: string, count: number])[];
  /** The other has taken over; what the former read is still to be cleared away. */
  readonly finish: boolean;
}

/** One line of the answer: what happens, and at the end how it went. */
type Answer = { readonly says: string } | { readonly ended: true } | { readonly failed: string };

/** Where a launcher hears: a socket that this user alone may open. */
export class Control {
  private constructor(private readonly server: Server) {}

  /** `carryOut` rejects where nothing has changed. */
  static async listen(
    dataDir: string,
    carryOut: (request: SwitchRequest, answer: (says: string) => void) => Promise<void>,
  ): Promise<Control> {
    const path = await socketOf(dataDir);
    const server = createServer((socket) => void serve(socket, carryOut));
    if (process.platform !== 'win32') await rm(path, { force: true }); // of a launcher that was killed
    const before = process.umask(0o077);
    server.listen(path);
    await once(server, 'listening').finally(() => process.umask(before));
    server.unref();
    return new Control(server);
  }

  close(): void {
    this.server.close();
  }
}

/** Asks the launcher of this data directory, and tells what it says until all is done. @throws CannotStart where it cannot */
export async function askLauncher(
  dataDir: string,
  request: SwitchRequest,
  tell: (says: string) => void,
): Promise<void> {
  const socket = createConnection(await socketOf(dataDir));
  await once(socket, 'connect').catch(() => {
    throw new CannotStart(
      `No launcher runs on ${dataDir}: start the shop by npm start -- --topology ${request.from}. Where others start its processes, see docs/guides/topologies.md.`,
    );
  });
  socket.write(`${JSON.stringify(request)}\n`);
  for await (const line of createInterface({ input: socket })) {
    const answer = JSON.parse(line) as Answer;
    if ('says' in answer) tell(answer.says);
    else if ('failed' in answer) throw new CannotStart(answer.failed);
    else return void socket.end();
  }
  throw new CannotStart('The launcher ended before it was done. Start it again as either topology: nothing is lost.');
}

async function serve(socket: Socket, carryOut: Parameters<typeof Control.listen>[1]): Promise<void> {
  const answer = (one: Answer): void => void (socket.writable && socket.write(`${JSON.stringify(one)}\n`));
  socket.on('error', () => undefined); // who asked is gone: what was begun goes on
  const [line] = (await once(createInterface({ input: socket }), 'line')) as [string];
  try {
    await carryOut(JSON.parse(line) as SwitchRequest, (says) => answer({ says }));
    answer({ ended: true });
  } catch (error) {
    answer({ failed: errorMessage(error) });
  }
  socket.end();
}

/** Short, since a socket's path may have a hundred bytes only. */
async function socketOf(dataDir: string): Promise<string> {
  const name = `cleave-${createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 16)}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}
