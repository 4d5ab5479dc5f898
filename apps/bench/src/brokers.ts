import { SeededRandomness, SystemClock } from '#kernel/base';
import type { Broker, TransportOptions } from '#kernel/brokers';
import type { CallTransport, EventTransport } from '#kernel/core';
import { brokers } from '../../server/src/brokers.js';

export const PARTITIONS = 16;

/** A process of the benchmark that speaks over a broker. */
export interface Speaker {
  readonly broker: string;
  /** The broker's address, or the folder of its transports, as the setting has it. */
  readonly where: string;
  /** None: nothing is signed. */
  readonly key?: string | undefined;
  readonly instance: string;
  readonly prefix?: string;
}

export const callsOver = (speaker: Speaker): Promise<CallTransport> => brokerOf(speaker).calls!(optionsOf(speaker));

export const eventsOver = (speaker: Speaker): Promise<EventTransport> => brokerOf(speaker).events!(optionsOf(speaker));

const brokerOf = (speaker: Speaker): Broker => brokers.find(({ name }) => name === speaker.broker)!;

const optionsOf = (speaker: Speaker): TransportOptions => {
  const { where, key, instance, prefix = key ? 'bench' : 'unsigned' } = speaker;
  const { address, folder } = brokerOf(speaker);
  return {
    environment: { [(address ?? folder)!.setting]: where },
    hosts: new Map(),
    partitions: PARTITIONS,
    key,
    prefix,
    instance,
    clock: new SystemClock(),
    randomness: new SeededRandomness(instance),
  };
};
