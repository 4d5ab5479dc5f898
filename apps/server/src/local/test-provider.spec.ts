/** @tag fault-injection */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from '@jest/globals';
import { compileProvider } from '../../../test-provider/test/compiled-provider.js';
import { eventually } from '../../../test-provider/test/eventually.js';
import { startTestProvider, type RunningTestProvider } from './test-provider.js';

const compiled = compileProvider('test-provider-launch-spec');
afterAll(() => compiled.remove());

let dataDir: string;
let log: string[];
const started: RunningTestProvider[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'test-provider-launch-'));
  log = [];
});
afterEach(async () => {
  for (const provider of started.splice(0)) await provider.stop();
  rmSync(dataDir, { recursive: true });
});

async function start(secret = 'secret', entry = compiled.entry): Promise<RunningTestProvider> {
  const provider = await startTestProvider({ dataDir, secret, entry, log: (line) => log.push(line) });
  started.push(provider);
  return provider;
}

const lockFile = () => join(dataDir, 'test-provider', 'start.lock');
const health = async ({ url }: RunningTestProvider) => (await fetch(`${url}/health`)).json();
const answers = ({ url }: RunningTestProvider) =>
  fetch(`${url}/health`).then(
    () => true,
    () => false,
  );

it('starts a provider on its own folder, with a log, in a session of its own', async () => {
  const provider = await start();
  expect(provider.adopted).toBe(false);
  expect(await health(provider)).toMatchObject({ status: 'ok', pid: provider.pid });
  expect(readFileSync(join(dataDir, 'test-provider', 'provider.log'), 'utf8')).toContain(provider.url);
  const session = spawnSync('ps', ['-o', 'sid=', '-p', String(provider.pid)])
    .stdout.toString()
    .trim();
  expect(session).toBe(String(provider.pid));
  expect(existsSync(lockFile())).toBe(false);
});

it('says where it will be, and starts when its turn comes, if it comes', async () => {
  const held = async (turn: Promise<unknown>) => {
    const address = Promise.withResolvers<string>();
    const options = { dataDir, secret: 'secret', entry: compiled.entry, log: () => undefined };
    const starting = startTestProvider({ ...options, onAddress: address.resolve, turn });
    starting.catch(() => undefined);
    const url = await address.promise;
    expect(existsSync(join(dataDir, 'test-provider', 'provider.log'))).toBe(false);
    return { url, starting };
  };
  const never = Promise.withResolvers<void>();
  const { starting: unwanted } = await held(never.promise);
  never.reject(new Error('not wanted'));
  await expect(unwanted).rejects.toThrow('not wanted');
  const turn = Promise.withResolvers<void>();
  const { url, starting } = await held(turn.promise);
  turn.resolve();
  const provider = await starting;
  started.push(provider);
  expect(provider).toMatchObject({ url, adopted: false });
});

it('adopts the one that runs', async () => {
  const first = await start();
  const second = await start();
  expect(second).toMatchObject({ adopted: true, pid: first.pid, port: first.port, url: first.url });
});

it('adopts one that is late to answer', async () => {
  const first = await start();
  process.kill(first.pid, 'SIGSTOP');
  setTimeout(() => process.kill(first.pid, 'SIGCONT'), 1_500);
  expect(await start()).toMatchObject({ adopted: true, pid: first.pid, url: first.url });
});

it('makes one provider of racing starts', async () => {
  const providers = await Promise.all(Array.from({ length: 4 }, () => start()));
  expect(new Set(providers.map(({ pid }) => pid)).size).toBe(1);
  expect(providers.filter(({ adopted }) => !adopted)).toHaveLength(1);
});

it('stops an adopted one too, and starts again on the same port', async () => {
  const { pid, port } = await start();
  const adopted = await start();
  await adopted.stop();
  expect(await answers(adopted)).toBe(false);
  const again = await start();
  expect(again).toMatchObject({ adopted: false, port });
  expect(again.pid).not.toBe(pid);
});

it('starts again after a kill', async () => {
  const killed = await start();
  process.kill(killed.pid, 'SIGKILL');
  await eventually(async () => !(await answers(killed)));
  expect(await start()).toMatchObject({ adopted: false, port: killed.port });
});

it('takes another port when the former is taken', async () => {
  const former = await start();
  await former.stop();
  const squatter = createServer((socket) => socket.end()).listen(former.port, '127.0.0.1');
  await once(squatter, 'listening');
  const provider = await start();
  expect(provider.port).not.toBe(former.port);
  expect(await health(provider)).toMatchObject({ pid: provider.pid });
  squatter.close();
});

it('replaces one that has another secret', async () => {
  const former = await start('former');
  const provider = await start('present');
  expect(provider).toMatchObject({ adopted: false, port: former.port });
  const headers = { authorization: 'Bearer present' };
  expect((await fetch(`${provider.url}/v1/payments`, { headers })).status).toBe(200);
});

it('takes over the lock of a process that is gone', async () => {
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  mkdirSync(join(dataDir, 'test-provider'));
  writeFileSync(lockFile(), String(gone));
  expect((await start()).adopted).toBe(false);
});

it('waits for a lock that is held', async () => {
  const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  mkdirSync(join(dataDir, 'test-provider'));
  writeFileSync(lockFile(), String(holder.pid));
  let ready = false;
  const starting = start().finally(() => (ready = true));
  await health(await startElsewhere());
  expect(ready).toBe(false);
  holder.kill('SIGKILL');
  expect((await starting).adopted).toBe(false);
});

it('says why when the provider cannot start', async () => {
  const entry = join(dataDir, 'broken.mjs');
  writeFileSync(entry, 'throw new Error("broken on purpose")');
  await expect(start('secret', entry)).rejects.toThrow('broken on purpose');
});

/** As long as a whole start takes, without a sleep. */
async function startElsewhere(): Promise<RunningTestProvider> {
  const elsewhere = join(dataDir, 'elsewhere');
  const provider = await startTestProvider({ dataDir: elsewhere, secret: 's', entry: compiled.entry, log: () => {} });
  started.push(provider);
  return provider;
}
