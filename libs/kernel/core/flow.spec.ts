import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import * as z from 'zod';
import { isoInstant } from '#kernel/base';
import { anyone, command, event, text } from '#kernel/messages';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { Aggregate, Repository } from './aggregate.js';
import { Registry } from './bus/registry.js';
import { WithoutTransaction } from './bus/without-transaction.js';
import { Database } from './database/database.js';
import { Gathering } from './database/gathering.js';
import { sql } from './database/sql.js';
import { On, Subscriber } from './inbox/subscriber.js';
import { context, KernelModule } from './kernel.module.js';
import { send } from './outbox/outbox.js';
import {
  anonymous,
  callContext,
  type CallContext,
  continueFlow,
  currentFlow,
  type Flow,
  runIn,
} from './runtime/call-context.js';

const shape = { access: anyone, key: 'key', input: z.object({ key: text() }) } as const;
const data = { key: 'key', data: z.object({ key: text() }) } as const;

class Begin extends command('here.begin.v1', shape) {}
class Begun extends event('here.begun.v1', data) {}
class Remind extends command('here.remind.v1', shape) {}
class Reminded extends event('here.reminded.v1', data) {}
class AskOutside extends command('here.ask-outside.v1', shape) {}
class Asked extends event('here.asked.v1', data) {}
class HearOutside extends command('here.hear-outside.v1', shape) {}
class HeardOutside extends event('here.heard-outside.v1', data) {}
class Help extends command('there.help.v1', shape) {}
class Helped extends event('there.helped.v1', data) {}
class Noted extends event('there.noted.v1', data) {}
class Gathered extends event('there.gathered.v1', data) {}

class Fact extends Aggregate {
  constructor(happened: object) {
    super();
    this.record(happened);
  }
}

class Facts extends Repository<Fact> {
  protected store = () => Promise.resolve();
  tell = (happened: object) => this.save(new Fact(happened));
}

/** Where each key's flow stands, as an aggregate's row would keep it. */
const kept = new Map<string, Flow>();
let troubles = 0;

@CommandHandler(Begin)
class BeginHandler implements ICommandHandler<Begin> {
  constructor(private readonly facts: Facts) {}
  async execute({ key }: Begin) {
    await this.facts.tell(new Begun({ key }));
    send(new Remind({ key }), { at: isoInstant(0) });
    send(new AskOutside({ key }));
  }
}

@CommandHandler(Remind)
class RemindHandler implements ICommandHandler<Remind> {
  constructor(private readonly facts: Facts) {}
  execute = ({ key }: Remind) => this.facts.tell(new Reminded({ key }));
}

@CommandHandler(AskOutside)
@WithoutTransaction()
class AskOutsideHandler implements ICommandHandler<AskOutside> {
  constructor(
    private readonly facts: Facts,
    private readonly database: Database,
    private readonly commands: CommandBus,
  ) {}
  async execute({ key }: AskOutside) {
    kept.set(key, currentFlow());
    if (troubles-- > 0) throw new Error('the outside is away');
    await this.commands.execute(new Help({ key }));
    await this.database.transaction(() => this.facts.tell(new Asked({ key })));
  }
}

@CommandHandler(HearOutside)
@WithoutTransaction()
class HearOutsideHandler implements ICommandHandler<HearOutside> {
  constructor(
    private readonly facts: Facts,
    private readonly database: Database,
  ) {}
  execute = ({ key }: HearOutside) =>
    continueFlow(kept.get(key)!, () => this.database.transaction(() => this.facts.tell(new HeardOutside({ key }))));
}

@CommandHandler(Help)
class HelpHandler implements ICommandHandler<Help> {
  constructor(private readonly facts: Facts) {}
  execute = ({ key }: Help) => this.facts.tell(new Helped({ key }));
}

@Subscriber('there.listener', { batch: 10 })
class Listener {
  private readonly heard: Gathering<{ key: string; around: CallContext }[]>;

  constructor(
    database: Database,
    private readonly facts: Facts,
  ) {
    this.heard = new Gathering(
      database,
      (): { key: string; around: CallContext }[] => [],
      async (all) => {
        for (const { key, around } of all) await runIn(around, () => this.facts.tell(new Gathered({ key })));
      },
    );
  }

  @On(Begun)
  async begun({ key }: Begun) {
    this.heard.all.push({ key, around: callContext()! });
    await this.facts.tell(new Noted({ key }));
  }
}

@Module({
  imports: [context('here', { migrations: [] })],
  providers: [Facts, BeginHandler, RemindHandler, AskOutsideHandler, HearOutsideHandler],
})
class HereModule {}

@Module({ imports: [context('there', { migrations: [] })], providers: [Facts, HelpHandler, Listener] })
class ThereModule {}

describe.each([
  ['as it is', undefined],
  ['under rehearsal', 'flow'],
])('a flow, %s', (_, rehearsal) => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let app: TestingModule;
  const around = (correlationId: string): CallContext => ({ correlationId, principal: anonymous });
  const messages = async () => {
    const all = [...app.get(Registry).databases.values()].map((one) =>
      one.query<{ id: string; name: string; flow: string; cause: string | null; key: string }>(sql`
        select message_id as id, name, correlation_id as flow, causation_id as cause, key from outbox`),
    );
    return (await Promise.all(all)).flat();
  };

  beforeAll(async () => {
    database = await testDatabase();
    app = await Test.createTestingModule({
      imports: [KernelModule.forRoot(testKernelOptions(database.url, { rehearsal })), HereModule, ThereModule],
    }).compile();
    app.useLogger(false);
    await app.init();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it.each([
    ['at once', 0],
    ['after failures', 2],
  ])('is one tree, whatever way its messages take, handled %s', async (key, failures) => {
    troubles = failures;
    const commands = app.get(CommandBus);
    await runIn(around(key), () => commands.execute(new Begin({ key })));
    await until(async () => (await messages()).some((one) => one.key === key && one.name === Asked.messageName));
    await runIn(around('a webhook'), () => commands.execute(new HearOutside({ key })));
    const flow = await until(async () => {
      const mine = (await messages()).filter((one) => one.key === key);
      return mine.length >= 9 && mine;
    });
    const nameOf = new Map(flow.map(({ id, name }) => [id, name]));
    expect(new Set(flow.map((one) => one.flow))).toEqual(new Set([key]));
    const causes = flow.map(({ name, cause }) => [name, cause === null ? 'the request' : nameOf.get(cause)]);
    expect(Object.fromEntries(causes)).toEqual({
      'here.begun.v1': 'the request',
      'here.remind.v1': 'the request',
      'here.ask-outside.v1': 'the request',
      'here.reminded.v1': 'here.remind.v1',
      'here.asked.v1': 'here.ask-outside.v1',
      'here.heard-outside.v1': 'here.ask-outside.v1',
      'there.helped.v1': 'here.ask-outside.v1',
      'there.noted.v1': 'here.begun.v1',
      'there.gathered.v1': 'here.begun.v1',
    });
  });

  it('begins anew with each transaction that nobody asked for', async () => {
    const here = app.get(Registry).databases.get('here')!;
    const polled = async () => here.transaction(async () => send(new Remind({ key: 'polled' })));
    await polled();
    await polled();
    const flows = (await messages()).filter((one) => one.name === Remind.messageName && one.key === 'polled');
    expect(flows.map(({ cause }) => cause)).toEqual([null, null]);
    expect(new Set(flows.map((one) => one.flow)).size).toBe(2);
    expect(() => currentFlow()).toThrow('there is no flow');
  });
});
