import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import { isoInstant } from '#kernel/base';
import type { FlowHeaders } from '#kernel/messages';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { AskThenCount, CountLater, Outside, SinkModule, SourceModule } from '#kernel/testing/trial';
import { Registry } from '../bus/registry.js';
import { sql } from '../database/sql.js';
import { KernelModule } from '../kernel.module.js';
import { anonymous, runIn } from '../runtime/call-context.js';
import type { Interceptor } from './interceptor.js';
import { Interceptors } from './interceptors.js';

describe('interceptors', () => {
  it('stand around a step in their order, the first outermost, and may change what goes on', async () => {
    const steps: string[] = [];
    const named = (name: string): Interceptor => ({
      async ask(call, next) {
        steps.push(`${name} before ${call.name}`);
        const answer = await next({ ...call, name: `${call.name}, ${name}` });
        steps.push(`${name} after`);
        return `${String(answer)}, ${name}`;
      },
      publish: (message) => ({ ...message, headers: { ...message.headers, [name]: 'was here' } }),
    });
    const both = new Interceptors([named('one'), {}, named('two')]);
    const call = { name: 'call', input: {}, metadata: { correlationId: 'c', principal: anonymous, deadline: 0 } };
    expect(await both.ask(call, ({ name }) => Promise.resolve(`answer to ${name}`))).toBe(
      'answer to call, one, two, two, one',
    );
    expect(steps).toEqual(['one before call', 'two before call, one', 'two after', 'one after']);
    const message = { id: '1', name: 'm', key: 'k', destination: null, payload: {}, headers: { correlationId: 'c' } };
    expect(both.publish(message).headers).toEqual({ correlationId: 'c', one: 'was here', two: 'was here' });
  });

  it('pass on what fails inside them', async () => {
    const seen: unknown[] = [];
    const all = new Interceptors([
      {
        handle: (handling, next) =>
          next(handling).catch((error: unknown) => {
            seen.push(error);
            throw error;
          }),
      },
    ]);
    const failure = new Error('no');
    await expect(all.handle({} as never, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(seen).toEqual([failure]);
  });
});

describe('the headers of a flow', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let app: TestingModule;
  const handled: [string, FlowHeaders][] = [];
  let asked: FlowHeaders | undefined;
  let failures = 0;

  const recorder: Interceptor = {
    answer(call, next) {
      if (call.name === 'sink.heard.v1') asked = call.metadata.headers;
      return next(call);
    },
    async handle(handling, next) {
      const { message } = handling;
      const { correlationId: _, causationId: __, ...headers } = message.headers;
      handled.push([message.name, headers as FlowHeaders]);
      return next(handling);
    },
  };

  beforeAll(async () => {
    database = await testDatabase();
    app = await Test.createTestingModule({
      imports: [
        KernelModule.forRoot(testKernelOptions(database.url, { interceptors: [recorder] })),
        SourceModule,
        SinkModule,
      ],
    })
      .overrideProvider(Outside)
      .useValue({ call: () => (failures++ < 2 ? Promise.reject(new Error('away')) : Promise.resolve()) })
      .compile();
    app.useLogger(false);
    await app.init();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const headers = { locale: 'de', tenant: 'Ünï' };
  const inFlow = <Result>(work: () => Promise<Result>) =>
    runIn({ correlationId: 'f', principal: anonymous, headers }, work);

  it('come with every message that follows: sent now, at a time, parked and tried again, and the events of those', async () => {
    const command = new CountLater({ key: 'headers', at: isoInstant(Date.now() + 200) });
    await inFlow(() => app.get(CommandBus).execute(command));
    const names = ['sink.write.v1', 'sink.call-outside.v1', 'source.count.v1', 'source.counted.v1'];
    await until(() => names.every((name) => handled.some(([one]) => one === name)) && failures > 2);
    for (const [name, carried] of handled) expect([name, carried]).toEqual([name, headers]);
    expect(handled.filter(([name]) => name === 'sink.call-outside.v1')).toHaveLength(3);
    const sink = app.get(Registry).databases.get('sink')!;
    await until(async () => (await sink.query(sql`select 1 from inbox_parked`)).length === 0, 'handled');
  });

  it('come with every call, and are none where the flow has none', async () => {
    await inFlow(() => app.get(CommandBus).execute(new AskThenCount({ key: 'asks' })));
    expect(asked).toEqual(headers);
    await app.get(CommandBus).execute(new AskThenCount({ key: 'asks' }));
    expect(asked).toBeUndefined();
  });
});
