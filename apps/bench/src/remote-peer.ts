import { ServiceBroker } from 'moleculer';
import { callsOver, eventsOver, PARTITIONS } from './brokers.js';

/** The other process of the benchmark over a broker: `node remote-peer.js calls|events|moleculer redis|kafka|direct <where> [<key>]`. */
const [kind = '', broker = '', where = '', key] = process.argv.slice(2);
const speaker = { broker, where, key, instance: 'peer' };

if (kind === 'moleculer') {
  const moleculer = new ServiceBroker({
    nodeID: 'peer',
    transporter: { type: 'Redis', options: where as unknown as object },
    logger: false,
  });
  moleculer.createService({
    name: 'echo',
    actions: { ask: ({ params }) => ({ id: (params as { id: string }).id, n: 1 }) },
  });
  await moleculer.start();
} else if (kind === 'calls') {
  const calls = await callsOver(speaker);
  await calls.serve('echo', async ({ input }) => ({ id: (input as { id: string }).id, n: 1 }));
} else {
  const events = await eventsOver(speaker);
  const reader = await events.read('hearer', ['teller'], async (_, rows) => {
    process.stdout.write(`${rows.length}\n`);
  });
  reader.assign(Array.from({ length: PARTITIONS }, (_, partition) => partition));
}
process.stdout.write('ready\n');
