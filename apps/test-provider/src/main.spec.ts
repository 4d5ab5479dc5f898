/** @tag fault-injection */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, expect, it } from '@jest/globals';
import { Client, inMs, type PaymentBody } from '../test/client.js';
import { compileProvider } from '../test/compiled-provider.js';
import { eventually } from '../test/eventually.js';
import { secret, temporaryFolder } from '../test/fixture.js';
import { Receiver } from '../test/receiver.js';

const compiled = compileProvider('test-provider-main-spec');
afterAll(() => compiled.remove());

let dataDir: string;
let receiver: Receiver;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  dataDir = temporaryFolder();
  receiver = await Receiver.start();
});
afterEach(async () => {
  await Promise.all([...running].map((child) => end(child, 'SIGKILL')));
  await receiver[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true });
});

function run(environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', compiled.entry], {
    env: { TEST_PROVIDER_DATA_DIR: dataDir, TEST_PROVIDER_SECRET: secret, ...environment },
  });
  running.add(child);
  return child;
}

async function start(environment?: Record<string, string>): Promise<{ child: ChildProcess; client: Client }> {
  const child = run(environment);
  await once(child.stdout!, 'data'); // its first line says that it listens
  const where = JSON.parse(readFileSync(join(dataDir, 'provider.json'), 'utf8')) as Record<string, unknown>;
  expect(where).toEqual({ pid: child.pid, port: expect.any(Number), url: `http://127.0.0.1:${String(where['port'])}` });
  return { child, client: new Client(String(where['url']), receiver.url, secret) };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  running.delete(child);
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, 'exit');
  }
  return child.exitCode;
}

async function allPayments(client: Client): Promise<PaymentBody[]> {
  return (await client.list({ limit: '1000' })).body.items;
}

it('loses nothing that it acknowledged when it is killed, and goes on where it was', async () => {
  const { child, client } = await start();
  const acknowledged: string[] = [];
  let alive = true;
  const shoppers = Array.from({ length: 8 }, async () => {
    while (alive) {
      const answer = await client.create(client.input('tok_ok')).catch(() => undefined);
      if (answer?.status === 202) acknowledged.push(answer.body.id);
    }
  });
  await eventually(() => acknowledged.length > 50);
  await end(child, 'SIGKILL');
  alive = false;
  await Promise.all(shoppers);

  const { client: again } = await start();
  const payments = await eventually(async () => {
    const all = await allPayments(again);
    return all.every(({ status }) => status === 'authorized') && all;
  });
  expect(payments.map(({ id }) => id)).toEqual(expect.arrayContaining(acknowledged));
  await eventually(() => payments.every(({ reference }) => receiver.typesAbout(reference).includes('authorized')));
}, 60_000);

it('keeps keys, outcomes to come, tombstones and untaken webhooks over a restart', async () => {
  receiver.answer = () => 503;
  const { child, client } = await start();
  const paid = client.input('tok_ok');
  const first = await client.create(paid, 'kept');
  const late = client.input('tok_late_webhook', { expiresAt: inMs(2_000) });
  await client.create(late);
  await client.voidByReference('tombstone');
  await eventually(() => receiver.about(paid.reference).length > 0);
  expect(await end(child, 'SIGTERM')).toBe(0);
  receiver.answer = () => 204;
  const before = receiver.deliveries.length;

  const { client: again } = await start();
  expect((await again.create(paid, 'kept')).body).toEqual(first.body);
  expect((await again.create(again.input('tok_ok', { reference: 'tombstone' }))).body.status).toBe('voided');
  await eventually(() => {
    const since = receiver.deliveries.slice(before).map(({ body }) => `${body.data.payment.reference} ${body.type}`);
    return [
      `${paid.reference} payment.authorized`,
      `${late.reference} payment.authorized`,
      'tombstone payment.voided',
    ].every((each) => since.includes(each));
  });
});

it('stops at once though a request hangs', async () => {
  const { child, client } = await start();
  const input = client.input('tok_timeout');
  const hanging = client.create(input).then(
    () => 'answered',
    () => 'cut off',
  );
  await eventually(async () => (await allPayments(client)).length === 1);
  expect(await end(child, 'SIGTERM')).toBe(0);
  expect(await hanging).toBe('cut off');
});

it('refuses books that another provider has open', async () => {
  await start();
  const second = run();
  const said = await text(second.stdout!);
  expect(await end(second, 'SIGKILL')).toBe(1);
  expect(said).toContain('does another provider run on them?');
});

it('says which settings are wrong', async () => {
  const child = run({ TEST_PROVIDER_PORT: '70000', TEST_PROVIDER_SECRET: '' });
  const said = await text(child.stdout!);
  expect(said).toContain('TEST_PROVIDER_PORT');
  expect(said).toContain('TEST_PROVIDER_SECRET');
});
