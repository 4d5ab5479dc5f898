import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy between two processes that records what askers send, and breaks connections. */
export class BreakingProxy implements AsyncDisposable {
  /** The chunks that askers have sent, by connection. */
  readonly heard: Buffer[][] = [];
  broken = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  /** Sends the latest chunk of an asker once more. */
  repeat: () => void = () => undefined;

  private constructor(behind: number) {
    this.server = createServer((front) => {
      const back = connect(behind, '127.0.0.1');
      const chunks: Buffer[] = [];
      this.heard.push(chunks);
      front.on('data', (chunk: Buffer) => chunks.push(chunk));
      this.repeat = () => back.write(chunks.at(-1)!);
      for (const [one, other] of [
        [front, back],
        [back, front],
      ] as const) {
        this.sockets.add(one);
        one.pipe(other);
        one
          .on('error', () => undefined)
          .on('close', () => {
            this.sockets.delete(one);
            other.destroy();
          });
      }
    });
  }

  /** Listens on one port of 127.0.0.1 and passes everything on to another. */
  static async start(front: number, behind: number): Promise<BreakingProxy> {
    const proxy = new BreakingProxy(behind);
    await once(proxy.server.listen(front, '127.0.0.1'), 'listening');
    return proxy;
  }

  breakAll(): void {
    for (const socket of this.sockets) {
      this.broken++;
      socket.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    this.breakAll();
    await once(this.server, 'close');
  }
}
