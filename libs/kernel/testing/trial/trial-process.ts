import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { Module } from '@nestjs/common';
import { anonymous, KernelModule, runIn } from '#kernel/core';
import { Failure } from '#kernel/messages';
import { testKernelOptions } from '#kernel/testing';
import { Count, SinkModule, SourceModule } from './trial.js';

/**
 * A process of the order trial: `node trial-process.js <database url> <instance> <keys> <rounds>`. Counts every key
 * `rounds` times, says `counted`, and goes on delivering until it is told to stop.
 */
const [url = '', instance = '', keys = '0', rounds = '0'] = process.argv.slice(2);

@Module({
  imports: [
    KernelModule.forRoot(testKernelOptions(url, { instance, rehearsal: process.env['CLEAVE_REHEARSAL'] })),
    SourceModule,
    SinkModule,
  ],
})
class TrialModule {}

const app = await NestFactory.createApplicationContext(TrialModule, { logger: ['error'] });
app.enableShutdownHooks();
process.stdout.write('started\n');
const commands = app.get(CommandBus);

/** Asks under one call id until there is an answer: a busy machine may take longer than one deadline. */
async function insist(callId: string, command: Count): Promise<void> {
  for (;;) {
    try {
      await runIn({ correlationId: callId, principal: anonymous, callId }, () => commands.execute(command));
      return;
    } catch (error) {
      if (!(error instanceof Failure) || error.status < 503) throw error;
    }
  }
}

await Promise.all(
  Array.from({ length: Number(keys) }, async (_, index) => {
    for (let round = 0; round < Number(rounds); round++)
      await insist(`${process.pid} ${index} ${round}`, new Count({ key: `key-${index}` }));
  }),
);
process.stdout.write('counted\n');
