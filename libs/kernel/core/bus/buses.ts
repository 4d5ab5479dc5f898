import { Inject, Injectable } from '@nestjs/common';
import { CommandBus, EventBus, QueryBus } from '@nestjs/cqrs';
import { Caller } from './caller.js';

/** Nest's command bus, with the message's owner wherever it runs. Inject `CommandBus`; this class stays out of sight. */
@Injectable()
export class CleaveCommandBus extends CommandBus {
  // Not by the constructor: it would inherit the parameters that Nest's bus declares for its own.
  @Inject() private readonly caller!: Caller;

  override execute<Answer>(command: object): Promise<Answer> {
    return this.caller.call(command) as Promise<Answer>;
  }
}

/** Nest's query bus, with the message's owner wherever it runs. */
@Injectable()
export class CleaveQueryBus extends QueryBus {
  // Not by the constructor: it would inherit the parameters that Nest's bus declares for its own.
  @Inject() private readonly caller!: Caller;

  override execute<Answer>(query: object): Promise<Answer> {
    return this.caller.call(query) as Promise<Answer>;
  }
}

/** Nest's event bus, closed: an event that is not written with its change would be lost in a crash. */
@Injectable()
export class CleaveEventBus extends EventBus {
  override publish(): never {
    throw new Error('Events leave through a repository: record() them on the aggregate and save() it.');
  }

  override publishAll(): never {
    return this.publish();
  }
}
