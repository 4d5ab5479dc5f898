import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { letGo } from './let-go.js';

const ASK = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n';

describe('a server that lets its clients go', () => {
  let server: Server;
  let client: Socket;
  beforeEach(async () => {
    server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
    client.write(ASK);
    expect(String((await once(client, 'data'))[0])).toContain('Connection: keep-alive');
  });
  afterEach(() => {
    client.destroy();
  });

  it('answers who asks meanwhile, and tells them to connect anew', async () => {
    const gone = letGo(server, 20_000);
    client.write(ASK);
    expect(await text(client)).toContain('Connection: close');
    await gone;
  });

  it('answers what came just before it closes', async () => {
    await letGo(server, 50);
    client.write(ASK); // it is with the server, which has not read it
    server.close();
    expect(await text(client)).toMatch(/Connection: close[^]*here$/);
  });

  it('closes what idles', async () => {
    await letGo(server, 50);
    server.close();
    expect(await text(client)).toBe('');
  });
});
