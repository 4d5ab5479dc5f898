import { SystemClock, SystemRandomness } from '#kernel/base';
import { kafka } from '#kernel/kafka';

/** A replica of `shop` that is there to be killed: `node kafka-replica.js <host:port> <prefix> <key> <name>`. Answers its name. */
const [brokers = '', prefix = '', key = '', name = ''] = process.argv.slice(2);
const calls = await kafka.calls!({
  environment: { KAFKA_BROKERS: brokers },
  hosts: new Map(),
  partitions: 4,
  prefix,
  key,
  instance: name,
  clock: new SystemClock(),
  randomness: new SystemRandomness(),
});
await calls.serve('shop', async () => name);
process.stdout.write('ready\n');
