import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAlive } from '../process-identity.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { cleanUp, created, query, start, temporaryDirectory } from './test/embedded.js';

const isRoot = process.getuid?.() === 0;

afterAll(cleanUp);

describe('the embedded PostgreSQL server', () => {
  let dataDir: string;
  let first: EmbeddedPostgres;

  beforeAll(async () => {
    dataDir = join(await temporaryDirectory(), 'data');
    first = await start(dataDir);
  });

  it('has the database cleave in UTF-8, room for 400 connections, and listens on the loopback only', async () => {
    expect(first).toMatchObject({ adopted: false, pid: expect.any(Number), port: expect.any(Number) });
    expect(await query(first.url, `SELECT current_database(), length('äö'), lower('ÄÖ')`)).toEqual([
      ['cleave', 2, 'äö'],
    ]);
    const settings = ['server_encoding', 'max_connections', 'listen_addresses', 'unix_socket_directories', 'fsync'];
    const rows = await query(first.url, `SELECT ${settings.map((name) => `current_setting('${name}')`).join()}`);
    expect(rows).toEqual([['UTF8', '400', '127.0.0.1', '', 'on']]);
  });

  it('takes letters that are not ASCII into trigrams', async () => {
    await query(first.url, 'CREATE EXTENSION pg_trgm');
    expect(await query(first.url, `SELECT cardinality(show_trgm('größe'))`)).toEqual([[6]]);
  });

  it('has a password that only its owner can read, and nobody gets in without', async () => {
    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600);
    await expect(query(first.url.replace(/:[^:@]+@/, ':guess@'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('stops, keeps its data, and starts on the same port again', async () => {
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS value');
    await first.stop();
    expect(await isAlive(first.pid)).toBe(false);
    await first.stop();

    const second = await start(dataDir);
    expect(second).toMatchObject({ adopted: false, url: first.url });
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.url, 'SELECT value FROM kept')).toEqual([[1]]);
  });

  it('is adopted by whoever starts it while it runs', async () => {
    const running = await start(dataDir);
    const again = await start(dataDir);
    expect(again).toMatchObject({ adopted: true, pid: running.pid, url: running.url });
    await again.stop();
  });

  it('says what PostgreSQL said if it does not start', async () => {
    const settings = { shared_bufers: '1MB' };
    await expect(startEmbeddedPostgres({ dataDir, log: () => undefined, settings })).rejects.toThrow(
      /unrecognized configuration parameter "shared_bufers"/,
    );
  });

  it('asks for the password file rather than touch a database whose password is lost', async () => {
    const file = join(dataDir, 'postgres.password');
    const password = await readFile(file, 'utf8');
    await rm(file);
    await expect(start(dataDir)).rejects.toThrow(/its password is missing from .*postgres\.password\. Put that file/);
    await writeFile(file, password, { mode: 0o600 });
  });
});

(isRoot ? describe : describe.skip)('as root, in a directory that is closed to others', () => {
  it('keeps the database where its user reaches it, and says so', async () => {
    const dataDir = join(await temporaryDirectory(0o700), 'data');
    const lines: string[] = [];
    const server = await start(dataDir, lines);
    const note = await readFile(join(dataDir, 'postgres.location'), 'utf8');
    const home = /^\/var\/lib\/cleave\/data\/[0-9a-f]{16}$/m.exec(note)?.[0] ?? '';
    created.push(home);
    expect(lines.join('\n')).toContain(`cannot reach ${dataDir}: its database is in ${home}.`);
    await query(server.url, 'CREATE TABLE kept AS SELECT 1 AS value');
    expect(await query(server.url, 'SHOW data_directory')).toEqual([[join(home, 'postgres')]]);
    await server.stop();

    const again = await start(dataDir);
    expect(await query(again.url, 'SELECT value FROM kept')).toEqual([[1]]);
    expect((await stat(dirname(dataDir))).mode & 0o777).toBe(0o700);
  });
});
