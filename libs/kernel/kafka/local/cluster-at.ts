import { connect } from 'node:net';

/**
 * The id of the Kafka cluster that answers on this port of 127.0.0.1 and has a broker to offer; undefined where none does.
 * One question of Kafka's protocol (Metadata, version 4, about no topic): its client takes half a second to load.
 */
export async function clusterAt(port: number): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
  socket.on('timeout', () => socket.destroy(new Error('no answer')));
  try {
    socket.write(question);
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      const answer = Buffer.concat(chunks);
      if (answer.length >= 4 && answer.length >= 4 + answer.readInt32BE(0)) return clusterOf(answer);
    }
    return undefined;
  } catch {
    return undefined; // nobody, somebody else, or not yet
  } finally {
    socket.destroy();
  }
}

/** Length; Metadata (3), version 4, correlation id, no client id; no topics, none to be made. */
const question = Buffer.from('0000000f' + '0003' + '0004' + '00000001' + 'ffff' + '00000000' + '00', 'hex');

function clusterOf(answer: Buffer): string | undefined {
  let at = 12; // after length, correlation id and throttle time
  const text = (): string => {
    const length = answer.readInt16BE(at);
    at += 2 + Math.max(length, 0); // -1: there is none
    return answer.toString('utf8', at - Math.max(length, 0), at);
  };
  const brokers = answer.readInt32BE(at);
  at += 4;
  for (let i = 0; i < brokers; i++) {
    at += 4; // its id
    text(); // its host
    at += 4; // its port
    text(); // its rack
  }
  return brokers > 0 ? text() : undefined;
}
